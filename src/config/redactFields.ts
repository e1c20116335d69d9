import { databaseWords } from './databaseWords';
import { redactText } from './redactText';

/** Members of a log line that are never printed, whatever they hold. Compared without case and `-`/`_`. */
const secretNames =
  /^(?:authorization|proxyauthorization|cookie|setcookie|xapikey|apikey|hapikey|token|accesstoken|refreshtoken|idtoken|password|passwd|pwd|secret|clientsecret|databaseurl|connectionstring)$/;
const personalNames =
  /^(?:email|workemail|mail|emailaddress|additionalemails|hsadditionalemails|phone|mobile|mobilephone|phonenumber|fax|firstname|lastname|fullname|givenname|familyname|address|street|zip|postcode|dateofbirth|birthdate|dob|payload|properties|body|cursor)$/;

const depthMax = 6;
const membersMax = 100;

/**
 * A copy of a log line's members without secrets and personal data: names that mean such data lose their
 * value, every other text goes through `redactText`. Depth and breadth are bounded. Errors keep their class,
 * code, message, stack and cause, redacted.
 */
export function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  return redactMembers(fields, 0);
}

/** One value by itself, see `redactFields`. */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (value === null || typeof value !== 'object') return value;
  if (depth >= depthMax) return '[deeper]';
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (Array.isArray(value)) return value.slice(0, membersMax).map((item) => redactValue(item, depth + 1));
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
  if (value instanceof Map || value instanceof Set) return `[${value.size} members]`;
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function')
    return redactValue((value as { toJSON: () => unknown }).toJSON(), depth + 1);
  return redactMembers(value as Record<string, unknown>, depth);
}

function redactMembers(members: Record<string, unknown>, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members)
      .slice(0, membersMax)
      .map(([name, value]) => [redactText(name), hidden(name, value) ?? redactValue(value, depth + 1)]),
  );
}

function hidden(name: string, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  const folded = name.toLowerCase().replace(/[-_]/g, '');
  if (secretNames.test(folded)) return '[secret]';
  // A count of e-mails or phones is no personal data.
  if (personalNames.test(folded) && typeof value !== 'number' && typeof value !== 'boolean')
    return '[personal]';
  return undefined;
}

/** An error's message, redacted. */
export function messageOf(error: Error): string {
  const words = databaseWords(error);
  return words?.message === null ? '[data]' : redactText(error.message);
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const { name, stack, cause } = error;
  const message = messageOf(error);
  const words = databaseWords(error);
  if (words) {
    const places = stack?.slice(stack.indexOf('\n    at '));
    return {
      ...redactMembers(words.members, depth),
      type: name,
      message,
      ...(places ? { stack: places } : {}),
    };
  }
  const own = redactMembers({ ...error }, depth);
  return {
    ...own,
    type: name,
    message,
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
    ...(cause === undefined ? {} : { cause: redactValue(cause, depth + 1) }),
  };
}
