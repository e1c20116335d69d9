import { canonicalNumber } from './canonicalNumber';
import type { JsonObject, JsonValue } from '../record';
import type { ReferenceData } from '../rules';

/** What flows through a field's transforms: undefined is unknown, '' and [] are empty. */
export type Flow = JsonValue | undefined;

const faultMark = Symbol('transformFault');

/** Why a transform has no answer; the reason continues "the value …" and never quotes it. */
export interface TransformFault {
  readonly [faultMark]: true;
  kind: 'invalidValue' | 'unresolvedReference';
  reason: string;
}

/** What a transform may look at besides its value. */
export interface TransformContext {
  /** The HubSpot property being filled. */
  property: string;
  payload: JsonObject;
  reference: ReferenceData;
  timeZone: string | undefined;
  defaultRegion: string | undefined;
}

/** A transform with its arguments bound. It is not called for unknown and empty values unless `onMissing`. */
export type TransformStepFunction = (value: JsonValue, context: TransformContext) => Flow | TransformFault;

export const argumentTypes = ['text', 'number', 'flag', 'list', 'map', 'value', 'place'] as const;
/** `value`: text, number or flag; `list`: of texts; `map`: text → text; `place`: first, last, rest or an index. */
export type ArgumentType = (typeof argumentTypes)[number];

export interface TransformArgument {
  name: string;
  type: ArgumentType;
  required: boolean;
  doc: string;
}

/** One transform: enough for the configuration's check, for its documentation and for running it. */
export interface TransformDefinition {
  name: string;
  doc: string;
  args: readonly TransformArgument[];
  /** The argument that a bare value stands for: `{ prefix: 'azure-' }` is `{ prefix: { text: 'azure-' } }`. */
  shorthand?: string;
  /** It is also called for unknown and empty values. */
  onMissing?: true;
  example: { args: Record<string, unknown>; from: JsonValue; to: JsonValue };
  /** Faults of arguments whose types are right, as sentences; none when it returns []. */
  check?(args: Record<string, unknown>): string[];
  /** Binds arguments that passed the check. */
  bind(args: Record<string, unknown>): TransformStepFunction;
}

export function invalid(reason: string): TransformFault {
  return { [faultMark]: true, kind: 'invalidValue', reason };
}

export function unresolved(reason: string): TransformFault {
  return { [faultMark]: true, kind: 'unresolvedReference', reason };
}

export function isFault(flow: Flow | TransformFault): flow is TransformFault {
  return typeof flow === 'object' && flow !== null && faultMark in flow;
}

/** A plain value as text, numbers without exponent; null for lists, objects and null. */
export function plainText(value: JsonValue): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return canonicalNumber(value);
  return typeof value === 'boolean' ? String(value) : null;
}

/** Unknown or empty: nothing that a transform could work on. Text of spaces only is empty. */
export function isEmptyFlow(flow: Flow): boolean {
  if (flow === undefined || flow === null || flow === '') return true;
  if (typeof flow === 'string') return flow.trim() === '';
  return Array.isArray(flow) && flow.length === 0;
}

/** A step that works on text; members of a list one by one, whose first fault is the list's. */
export function onText(
  work: (text: string, context: TransformContext) => Flow | TransformFault,
): TransformStepFunction {
  return (value, context) => {
    if (typeof value === 'string') return work(value, context);
    if (Array.isArray(value)) return onMembers(value, context, work);
    const text = plainText(value);
    return text === null ? invalid('is an object where a text is expected') : work(text, context);
  };
}

function onMembers(
  list: JsonValue[],
  context: TransformContext,
  work: (text: string, context: TransformContext) => Flow | TransformFault,
): Flow | TransformFault {
  const done: JsonValue[] = [];
  for (const member of list) {
    if (isEmptyFlow(member)) continue;
    const text = plainText(member);
    const result =
      text === null ? invalid('is a list whose members are no plain values') : work(text, context);
    if (isFault(result)) return result;
    if (result !== undefined) done.push(result);
  }
  return done;
}

/** An argument of type `text`; undefined where it is not given. */
export function textArgument(args: Record<string, unknown>, name: string): string | undefined {
  const value = args[name];
  return typeof value === 'string' ? value : undefined;
}

/** An argument of type `list` as texts; one text alone is a list of one. */
export function textList(value: unknown): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map((item) => plainText(item as JsonValue) ?? '');
}

export const noArguments: readonly TransformArgument[] = [];
