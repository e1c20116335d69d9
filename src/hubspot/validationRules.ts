import type { PropertyValidation } from './schemas';

export type ValidationRule = PropertyValidation['propertyValidationRules'][number];

/** Longer values are not run through an admin's regular expression. */
const regexInputMax = 1000;

/**
 * Which of a property's validation rules a value breaks, in plain words without the value, or null.
 *
 * Judges only rules whose arguments are plain (length, number, decimals, digits, regular expression); all
 * others are left to HubSpot, so null means "nothing known against it". Source: HubSpot's property-validations
 * guide (facts §6).
 */
export function brokenRule(rules: readonly ValidationRule[], value: string): string | null {
  if (value === '') return null; // clears
  for (const rule of rules) {
    const found = judge(rule.ruleType, rule.ruleArguments ?? [], value);
    if (found !== null) return found;
  }
  return null;
}

function judge(type: string, args: readonly string[], value: string): string | null {
  const bound = args[0] !== undefined && args[0].trim() !== '' ? Number(args[0]) : NaN;
  switch (type) {
    case 'MAX_LENGTH':
      return value.length > bound ? `longer than ${bound} characters` : null;
    case 'MIN_LENGTH':
      return value.length < bound ? `shorter than ${bound} characters` : null;
    case 'MAX_NUMBER':
      return Number(value) > bound ? `above ${bound}` : null;
    case 'MIN_NUMBER':
      return Number(value) < bound ? `below ${bound}` : null;
    case 'DECIMAL':
      return decimals(value) > bound ? `more than ${bound} decimal places` : null;
    case 'ALPHANUMERIC':
      return args.includes('NUMERIC_ONLY') && !/^\d+$/.test(value) ? 'digits only' : null;
    case 'REGEX':
      return breaksRegex(args[0], value) ? 'does not match the regular expression set in HubSpot' : null;
    default:
      return null;
  }
}

function decimals(value: string): number {
  return /\.(\d+)$/.exec(value.trim())?.[1]?.length ?? 0;
}

function breaksRegex(source: string | undefined, value: string): boolean {
  if (!source || value.length > regexInputMax) return false;
  try {
    return !new RegExp(`^(?:${source})$`, 'u').test(value);
  } catch {
    return false; // written for HubSpot's engine, not for ours: HubSpot decides
  }
}
