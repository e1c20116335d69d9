import { Environment } from '@marcbachmann/cel-js';
import type { JsonObject, JsonValue } from '../record';

/** What an expression gave: undefined is unknown; a reason never quotes a value. */
export type ExpressionResult = { ok: true; value: JsonValue | undefined } | { ok: false; reason: string };

/** A compiled expression, to be kept as long as its field map. */
export type CompiledExpression = (payload: JsonObject) => ExpressionResult;

/** Longest expression; also bounds what a hostile one could cost. */
const expressionLengthMax = 4_000;

const mixedArithmetic: Record<string, (a: number | bigint, b: number | bigint) => number> = {
  '+': (a, b) => Number(a) + Number(b),
  '-': (a, b) => Number(a) - Number(b),
  '*': (a, b) => Number(a) * Number(b),
  '/': (a, b) => Number(a) / Number(b),
};

const environment = buildEnvironment();

/** CEL with one variable, `record`, and arithmetic between whole and broken numbers, as JSON tells them not apart. */
function buildEnvironment(): Environment {
  const env = new Environment({
    unlistedVariablesAreDyn: false,
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 500, maxDepth: 50 },
  }).registerVariable('record', 'map');
  for (const [operator, work] of Object.entries(mixedArithmetic)) {
    env.registerOperator(`double ${operator} int`, work);
    env.registerOperator(`int ${operator} double`, work);
  }
  return env;
}

/**
 * What is wrong with a CEL expression over `record`, as a sentence for the author of the configuration;
 * null when it can run. The language: https://cel.dev
 */
export function checkExpression(text: string): string | null {
  if (text.trim() === '') return 'the expression is empty';
  if (text.length > expressionLengthMax)
    return `the expression is longer than ${expressionLengthMax} characters`;
  const result = environment.check(text);
  if (result.valid) return null;
  const [summary = 'cannot be read'] = (result.error?.message ?? '').split('\n');
  return `the expression is wrong: ${summary}`;
}

/** Compiles a checked expression; one that is wrong is a broken invariant and throws. */
export function compileExpression(text: string): CompiledExpression {
  const parsed = environment.parse(text);
  return (payload) => {
    let value: unknown;
    try {
      value = parsed({ record: payload });
    } catch (error) {
      return { ok: false, reason: failure(error, text) };
    }
    const json = toJson(value);
    return json === unusable
      ? { ok: false, reason: 'comes from an expression that gives no plain value' }
      : { ok: true, value: json };
  };
}

/** CEL's messages may quote the record, so only their codes are told, and keys that the expression itself names. */
function failure(error: unknown, text: string): string {
  const { code, summary } = error as { code?: string; summary?: string };
  if (code === 'no_such_key') {
    const key = /^No such key: (\w+)$/.exec(summary ?? '')?.[1];
    if (key !== undefined && new RegExp(`[.?]${key}\\b`).test(text))
      return `comes from an expression that reads '${key}', which the record does not have: has(record.${key}) asks first`;
    return 'comes from an expression that reads a field which the record does not have: has(…) asks first';
  }
  return `comes from an expression that fails (${code ?? 'unknown_error'})`;
}

const unusable = Symbol('unusable');

function toJson(value: unknown): JsonValue | undefined | typeof unusable {
  if (value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean')
    return value;
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : unusable;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? unusable : value.toISOString();
  if (Array.isArray(value)) {
    const list = value.map(toJson);
    return list.includes(unusable)
      ? unusable
      : list.map((member) => (member === undefined ? null : (member as JsonValue)));
  }
  const optional = value as { hasValue?: () => boolean; value?: () => unknown };
  if (typeof optional.hasValue !== 'function' || typeof optional.value !== 'function') return unusable;
  return optional.hasValue() ? toJson(optional.value()) : undefined;
}
