import type { ValidationRule } from '../portal';

/** The kinds of rule that are enforced here. */
export const ruleTypes = [
  'MIN_LENGTH',
  'MAX_LENGTH',
  'MIN_NUMBER',
  'MAX_NUMBER',
  'REGEX',
  'ALPHANUMERIC',
] as const;

/** The first rule that a stored value breaks, as text; undefined when it keeps all. */
export function brokenRule(rules: readonly ValidationRule[], value: string): string | undefined {
  const broken = rules.find((rule) => !keeps(rule, value));
  return broken && `Value breaks validation rule ${broken.ruleType} (${broken.ruleArguments.join(', ')})`;
}

function keeps({ ruleType, ruleArguments }: ValidationRule, value: string): boolean {
  const bound = ruleArguments[0] ?? '';
  switch (ruleType) {
    case 'MIN_LENGTH':
      return value.length >= Number(bound);
    case 'MAX_LENGTH':
      return value.length <= Number(bound);
    case 'MIN_NUMBER':
      return Number(value) >= Number(bound);
    case 'MAX_NUMBER':
      return Number(value) <= Number(bound);
    case 'REGEX':
      return new RegExp(bound, 'u').test(value);
    case 'ALPHANUMERIC':
      return /^[\p{L}\p{N}]*$/u.test(value);
    default:
      return true;
  }
}
