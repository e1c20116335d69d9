/** The body of a reply as it came: parsed JSON, something that is no JSON (an edge's HTML page), or nothing. */
export type ReplyBody = { kind: 'json'; value: unknown } | { kind: 'html' } | { kind: 'none' };

/** HubSpot's error body (facts §3.5) with every field optional, as HubSpot itself advises. */
export interface ErrorBody {
  category: string | null;
  subCategory: string | null;
  policyName: string | null;
  correlationId: string | null;
  /** HubSpot's own words. They quote record values: store them with the record, never log or throw them. */
  message: string;
  context: Record<string, string[]>;
  errors: ErrorDetail[];
}

export interface ErrorDetail {
  message: string;
  code: string | null;
  context: Record<string, string[]>;
}

/** Why one property of one record was refused. `message` may quote the value. */
export interface PropertyError {
  property: string | null;
  code: string | null;
  message: string;
}

const emptyErrorBody: ErrorBody = {
  category: null,
  subCategory: null,
  policyName: null,
  correlationId: null,
  message: '',
  context: {},
  errors: [],
};

/**
 * Whether a refusal is HubSpot's own words: a reply that was cut short, or an edge's page, says nothing about a record.
 * Sizes (413, 414) are the edge's own business, and need no words.
 */
export function isExplained(error: ErrorBody, status: number): boolean {
  return error.message !== '' || error.category !== null || status === 413 || status === 414;
}

/** Reads an error body, or one item of a batch reply's `errors`. Anything unreadable becomes the empty error. */
export function readErrorBody(value: unknown): ErrorBody {
  if (!isObject(value)) return emptyErrorBody;
  return {
    // 429 bodies of the common family name their kind `errorType`, the others `category` (facts §2.3)
    category: token(value['category']) ?? token(value['errorType']) ?? token(value['error']),
    subCategory: text(value['subCategory']) || null,
    policyName: token(value['policyName']),
    correlationId: correlation(value['correlationId']),
    message: text(value['message']),
    context: readContext(value['context']),
    errors: Array.isArray(value['errors']) ? value['errors'].slice(0, errorsMax).map(readDetail) : [],
  };
}

/** More details than this in one error are noise; the first ones name the fault. */
const errorsMax = 500;

function readDetail(value: unknown): ErrorDetail {
  const item = isObject(value) ? value : {};
  return {
    message: text(item['message']),
    code: token(item['code']) ?? token(item['error']) ?? token(item['subCategory']),
    context: readContext(item['context']),
  };
}

function readContext(value: unknown): Record<string, string[]> {
  const context: Record<string, string[]> = {};
  if (!isObject(value)) return context;
  for (const [key, entry] of Object.entries(value)) {
    const list = Array.isArray(entry) ? entry : [entry];
    context[key] = list.filter((item) => typeof item === 'string' || typeof item === 'number').map(String);
  }
  return context;
}

/**
 * The refused properties of an error. HubSpot embeds a JSON array in the message
 * (`Property values were not valid: [{isValid,message,error,name,…}]`); where it does not, the details'
 * `context.propertyName` names them.
 */
export function readPropertyErrors(error: ErrorBody): PropertyError[] {
  const embedded = readEmbeddedArray(error.message);
  if (embedded.length > 0) return embedded;
  const found: PropertyError[] = [];
  for (const detail of error.errors) {
    const nested = readEmbeddedArray(detail.message);
    if (nested.length > 0) {
      found.push(...nested);
      continue;
    }
    const property = detail.context['propertyName']?.[0] ?? null;
    if (property !== null || detail.code !== null) {
      found.push({ property, code: detail.code, message: detail.message });
    }
  }
  const named = error.context['propertyName'];
  if (found.length === 0 && named) {
    for (const property of named) found.push({ property, code: error.subCategory, message: error.message });
  }
  return found;
}

function readEmbeddedArray(message: string): PropertyError[] {
  const start = message.indexOf('[');
  const end = message.lastIndexOf(']');
  if (start < 0 || end <= start || !/^\s*\{/.test(message.slice(start + 1, start + 20))) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(message.slice(start, end + 1));
  } catch {
    return []; // a message that merely looks like JSON: the plain text is kept by the caller
  }
  if (!Array.isArray(parsed)) return [];
  return parsed.filter(isObject).map((item) => ({
    property: text(item['name']) || null,
    code: token(item['error']),
    message: text(item['message']) || text(item['localizedErrorMessage']),
  }));
}

/** The record id that a 409 names in its text, or null: sometimes HubSpot names none (facts §3.4). */
export function readConflictingId(error: ErrorBody): string | null {
  for (const message of [error.message, ...error.errors.map((detail) => detail.message)]) {
    const found = /Existing ID:\s*(\d+)/i.exec(message);
    if (found?.[1]) return found[1];
  }
  return null;
}

/** The scopes of which a 403 asks for one (`errors[0].context.requiredGranularScopes`, facts §3.5). */
export function readMissingScopes(error: ErrorBody): string[] {
  const contexts = [error.context, ...error.errors.map((detail) => detail.context)];
  const scopes = contexts.flatMap((context) => [
    ...(context['requiredGranularScopes'] ?? []),
    ...(context['requiredScopes'] ?? []),
  ]);
  return [...new Set(scopes.filter((scope) => /^[\w.-]{1,100}$/.test(scope)))];
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Only a constant-like word: what ends up in logs and failures must not be able to carry a value. */
function token(value: unknown): string | null {
  return typeof value === 'string' && /^[A-Za-z][A-Za-z0-9_.]{0,79}$/.test(value) ? value : null;
}

function correlation(value: unknown): string | null {
  return typeof value === 'string' && /^[\w-]{1,64}$/.test(value) ? value : null;
}
