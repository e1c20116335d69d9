import { placeholdersOf } from '../../sources/restWrite';
import { parametersOf } from '../../sources/sqlWrite';
import { finding, type ConfigCheck, type Finding } from '../finding';
import { suggestion } from '../nearest';
import type { RawNode } from '../rawNode';
import { checkStep } from './fieldMaps';

/** What is written back: properties that are read too, one place each, and a way to say which record is meant. */
export const checkWriteBack: ConfigCheck = (root) =>
  root
    .get('sources')
    .entries()
    .flatMap((source) => {
      const streams = source.node
        .get('streams')
        .entries()
        .filter(({ node }) => node.get('writeBack').value !== undefined);
      const isSql = source.node.get('kind').text() === 'sql';
      return [
        ...checkOnePerObject(streams.map(({ node }) => node)),
        ...streams.flatMap(({ node }) => [
          ...checkFields(node),
          ...(isSql ? checkSql(node) : checkRest(node)),
        ]),
      ];
    });

/** The known state of a target is one per record and object type. */
function checkOnePerObject(streams: RawNode[]): Finding[] {
  const seen = new Set<string>();
  return streams.flatMap((stream) => {
    const object = stream.get('object').text() ?? '';
    if (!seen.has(object)) {
      seen.add(object);
      return [];
    }
    const message = `another stream of this source takes write-backs of ${object} already`;
    return [finding(stream.get('writeBack'), 'key', message, 'keep one of them')];
  });
}

function checkFields(stream: RawNode): Finding[] {
  const mapped = stream
    .get('map')
    .entries()
    .map(({ key }) => key);
  const places = new Set<string>();
  return stream
    .get('writeBack')
    .get('fields')
    .entries()
    .flatMap(({ key, node }) => {
      const findings: Finding[] = [];
      if (!mapped.includes(key)) {
        const message = `"${key}" is not in the stream's map: what the system holds of it is not known`;
        findings.push(finding(node, 'key', message, suggestion(key, mapped)));
      }
      const place = placeOf(node);
      if (place !== undefined && places.has(place)) {
        findings.push(finding(node, 'value', `"${place}" is written by another property already`));
      }
      if (place !== undefined) places.add(place);
      if (Array.isArray(node.get('transforms').value)) {
        findings.push(...node.get('transforms').items().flatMap(checkStep));
      }
      return findings;
    });
}

function checkSql(stream: RawNode): Finding[] {
  const writeBack = stream.get('writeBack');
  const findings: Finding[] = [];
  const statement = writeBack.get('statement');
  const hasTable = has(writeBack, 'table') || has(stream, 'table');
  if (has(writeBack, 'statement') && has(writeBack, 'table')) {
    findings.push(finding(statement, 'key', 'has both table and statement', 'keep one of the two'));
  }
  if (!has(writeBack, 'statement') && !hasTable) {
    findings.push(finding(writeBack, 'key', 'does not say what to write', 'give either table or statement'));
  }
  for (const option of ['key', 'upsert']) {
    if (has(writeBack, 'statement') && has(writeBack, option))
      findings.push(finding(writeBack.get(option), 'key', 'goes with table only', 'remove it'));
  }
  const keys = writeBack.get('key').items().length;
  const parts = keyFields(stream).length;
  if (keys > 0 && keys !== parts) {
    findings.push(
      finding(writeBack.get('key'), 'value', `names ${keys} columns, but recordKey has ${parts}`),
    );
  }
  const named = statement.text();
  if (named === undefined) return findings;
  return [...findings, ...checkNames(stream, statement, parametersOf(named), [])];
}

function checkRest(stream: RawNode): Finding[] {
  const writeBack = stream.get('writeBack');
  const path = writeBack.get('path');
  const body = writeBack.get('body');
  const keys = keyFields(stream);
  const inPath = placeholdersOf(path.text() ?? '');
  const inBody = body.value === undefined ? [] : placeholdersOf(body.value as never);
  const findings = inPath
    .filter((name) => !keys.includes(name))
    .map((name) => finding(path, 'value', `{${name}} is no field of recordKey`, suggestion(name, keys)));
  findings.push(...checkNames(stream, body, inBody, ['changes']));
  if (path.text() !== undefined && !keys.some((key) => [...inPath, ...inBody].includes(key))) {
    const hint = `put {${keys[0] ?? 'id'}} into the path or the body`;
    findings.push(finding(path, 'value', 'nothing says which record is written', hint));
  }
  return findings;
}

/** Names in a statement or a body: fields of the key and places that are written. */
function checkNames(stream: RawNode, at: RawNode, names: string[], further: string[]): Finding[] {
  const fields = stream.get('writeBack').get('fields').entries();
  const places = fields.flatMap(({ node }) => placeOf(node) ?? []);
  const known = [...keyFields(stream), ...places, ...further];
  return names
    .filter((name) => !known.includes(name))
    .map((name) => {
      const message = `"${name}" is neither a field of recordKey nor written by fields`;
      return finding(at, 'value', message, suggestion(name, known));
    });
}

function keyFields(stream: RawNode): string[] {
  return stream
    .get('recordKey')
    .items()
    .flatMap((item) => item.text() ?? []);
}

function placeOf(field: RawNode): string | undefined {
  return field.text() ?? field.get('to').text();
}

function has(node: RawNode, key: string): boolean {
  return node.get(key).value !== undefined;
}
