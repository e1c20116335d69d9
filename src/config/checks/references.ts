import { finding, type ConfigCheck, type Finding } from '../finding';
import { suggestion } from '../nearest';
import type { RawNode } from '../rawNode';

/** The name of HubSpot as a source: always there, never configured. */
const hubspotName = 'hubspot';

/** Every name that must exist elsewhere in the file: objects, sources, schedules, streams. */
export const checkReferences: ConfigCheck = (root) => {
  const sources = root.get('sources').entries();
  const sourceNames = sources.map(({ key }) => key);
  const objectNames = root
    .get('objects')
    .entries()
    .map(({ key }) => key);
  const scheduleNames = root
    .get('schedules')
    .entries()
    .map(({ key }) => key);
  const streamNames = sources.flatMap(({ key, node }) =>
    node
      .get('streams')
      .entries()
      .map((stream) => `${key}.${stream.key}`),
  );
  const known = (node: RawNode, names: string[], what: string) => mustExist(node, names, what);

  const findings: Finding[] = [];
  for (const { node } of root.get('portals').entries())
    findings.push(...known(node.get('audit').get('schedule'), scheduleNames, 'schedule'));
  for (const { key, node } of sources) {
    if (key === hubspotName) {
      findings.push(
        finding(
          node,
          'key',
          'no source may be named hubspot',
          'HubSpot is always a source and needs no entry; choose another name',
        ),
      );
    }
    findings.push(...known(node.get('schedule'), scheduleNames, 'schedule'));
    for (const needed of node.get('dependsOn').items())
      findings.push(...known(needed, sourceNames, 'source'));
    for (const { node: stream } of node.get('streams').entries()) {
      findings.push(...known(stream.get('object'), objectNames, 'object'));
      for (const reference of stream.get('references').items()) {
        findings.push(...known(reference.get('to'), streamNames, 'stream'));
      }
    }
  }
  return [...findings, ...checkPrecedences(root, [...sourceNames, hubspotName])];
};

function checkPrecedences(root: RawNode, sourceNames: string[]): Finding[] {
  return root
    .get('objects')
    .entries()
    .flatMap(({ node }) => {
      const lists = [
        node.get('precedence'),
        ...node
          .get('fields')
          .entries()
          .map((field) => field.node.get('precedence')),
      ];
      return lists.flatMap((list) => list.items().flatMap((item) => mustExist(item, sourceNames, 'source')));
    });
}

function mustExist(node: RawNode, names: string[], what: string): Finding[] {
  const written = node.text();
  if (written === undefined || names.includes(written)) return [];
  return [finding(node, 'value', `there is no ${what} "${shortened(written)}"`, suggestion(written, names))];
}

function shortened(written: string): string {
  return written.length <= 60 ? written : `${written.slice(0, 60)}…`;
}
