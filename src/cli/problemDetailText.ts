import type { ProblemDetail } from '../db/problems/problemDetail';
import { adviceOf } from './problemAdvice';
import { problemText } from './commands/problems';

/** A problem with all that is known about its record, for people. */
export function problemDetailText(problem: ProblemDetail): string {
  const { staged, golden, known, lastIntent, closedBy, closedWho, note, retriedAt } = problem;
  const lines = [problemText(problem)];
  if (closedBy) lines.push(`    closed: ${[closedBy, closedWho, note].filter(Boolean).join(', ')}`);
  else if (retriedAt) lines.push('    is being tried again');
  else lines.push(`    what to do: ${adviceOf(problem.kind)}`);
  if (staged) lines.push(section('what the source gave', staged.payload));
  for (const { source, stream, key, payload } of golden?.members ?? []) {
    const isShown = source === problem.source && stream === problem.stream && key === problem.recordKey;
    if (!isShown && payload) lines.push(section(`${source}.${stream} ${key}`, payload));
  }
  if (golden) lines.push(section(`golden ${golden.goldenId} (${golden.state})`, golden.values));
  if (known) {
    const name = `HubSpot ${known.recordId}${known.archived ? ' (archived)' : ''} holds`;
    lines.push(section(name, known.kept));
  }
  if (lastIntent) {
    lines.push(
      section(lastIntent.inFlight ? 'on its way to HubSpot' : 'refused by HubSpot', lastIntent.properties),
    );
  }
  return lines.join('\n');
}

function section(name: string, values: object): string {
  const text = Object.entries(values)
    .filter(([, value]) => value !== null && value !== '')
    .map(([key, value]) => `    ${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('\n');
  return `\n  ${name}\n${text === '' ? '    (nothing)' : text}`;
}
