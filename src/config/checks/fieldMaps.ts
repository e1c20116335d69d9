import { checkExpression } from '../../domain/values/expression';
import { checkTransform, transformStep } from '../../domain/values/transforms';
import { finding, type ConfigCheck, type Finding } from '../finding';
import type { RawNode } from '../rawNode';

/** Field maps: one origin each, transforms that exist with the right arguments, expressions that compile. */
export const checkFieldMaps: ConfigCheck = (root) =>
  root
    .get('sources')
    .entries()
    .flatMap((source) => source.node.get('streams').entries())
    .flatMap((stream) => stream.node.get('map').entries())
    .flatMap(({ node }) => (isMap(node.value) ? checkField(node) : []));

function checkField(field: RawNode): Finding[] {
  const has = (key: string) => field.get(key).value !== undefined;
  const findings: Finding[] = [];
  if (!has('from') && !has('expression') && !has('default')) {
    findings.push(
      finding(
        field,
        'key',
        'says nothing about where its value comes from',
        'give from, expression or default',
      ),
    );
  }
  if (has('from') && has('expression')) {
    findings.push(
      finding(field.get('expression'), 'key', 'has both from and expression', 'keep one of the two'),
    );
  }
  const expression = field.get('expression');
  const fault = expression.text() ? checkExpression(expression.text()!) : null;
  if (fault !== null) findings.push(finding(expression, 'value', fault));
  if (!Array.isArray(field.get('transforms').value)) return findings;
  return [...findings, ...field.get('transforms').items().flatMap(checkStep)];
}

/** One written step of a field map or of a way back. */
export function checkStep(step: RawNode): Finding[] {
  const bare = step.text();
  if (bare !== undefined) return stepFindings(step, bare, undefined);
  const entries = step.entries();
  const [entry] = entries;
  if (!entry) return []; // neither a name nor a map: the schema says so
  if (entries.length > 1) {
    return [
      finding(
        step,
        'value',
        'one step names several transforms',
        'make each a list item of its own: [trim, lowercase]',
      ),
    ];
  }
  return stepFindings(entry.node, entry.key, entry.node.value);
}

function stepFindings(node: RawNode, name: string, written: unknown): Finding[] {
  return checkTransform(transformStep(name, written)).map((sentence) => {
    const { message, hint } = splitHint(sentence);
    const argument = /argument '([^']+)'/.exec(message)?.[1];
    const concerned = argument !== undefined && node.get(argument).value !== undefined;
    return finding(concerned ? node.get(argument) : node, 'key', message, hint);
  });
}

/** The domain says "…, did you mean 'x'?" in one sentence; here the hint has a place of its own. */
function splitHint(sentence: string): { message: string; hint: string | undefined } {
  const [message = sentence, hint] = sentence.split(/, (?=did you mean )/);
  return { message, hint };
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
