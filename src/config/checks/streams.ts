import { finding, type ConfigCheck, type Finding } from '../finding';
import type { RawNode } from '../rawNode';

/** Options of a stream that contradict each other, or would do nothing without another one. */
export const checkStreams: ConfigCheck = (root) =>
  root
    .get('sources')
    .entries()
    .flatMap(({ node }) => {
      const kind = node.get('kind').text();
      return node
        .get('streams')
        .entries()
        .flatMap((stream) => {
          if (kind === 'sql') return checkSql(stream.node);
          if (kind === 'rest') return checkRest(stream.node);
          return kind === 'files' ? checkFiles(stream.node) : [];
        });
    });

function checkSql(stream: RawNode): Finding[] {
  const table = has(stream, 'table');
  const query = has(stream, 'query');
  if (table !== query) return [];
  const message = table ? 'has both table and query' : 'does not say what to read';
  return [finding(stream, 'key', message, 'give either table or query')];
}

function checkRest(stream: RawNode): Finding[] {
  const findings: Finding[] = [];
  if (has(stream, 'cursorParameter') && !has(stream, 'cursor')) {
    findings.push(
      finding(
        stream.get('cursorParameter'),
        'key',
        'needs cursor, the field whose last value is sent',
        'add cursor: <field>',
      ),
    );
  }
  if (has(stream, 'body') && stream.get('method').text() !== 'POST') {
    findings.push(finding(stream.get('body'), 'key', 'only a POST has a body', 'add method: POST'));
  }
  return findings;
}

function checkFiles(stream: RawNode): Finding[] {
  const findings: Finding[] = [];
  if (stream.get('format').text() === 'jsonl') {
    for (const option of ['delimiter', 'columns']) {
      if (has(stream, option))
        findings.push(finding(stream.get(option), 'key', 'goes with format csv only', 'remove it'));
    }
  }
  if (has(stream, 'cursor')) {
    findings.push(
      finding(
        stream.get('cursor'),
        'key',
        'files have no cursor: every file is read once, whole',
        'remove it; changedAt names the time of a change',
      ),
    );
  }
  return findings;
}

function has(stream: RawNode, key: string): boolean {
  return stream.get(key).value !== undefined;
}
