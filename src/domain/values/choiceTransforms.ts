import type { JsonValue } from '../record';
import {
  invalid,
  isEmptyFlow,
  isFault,
  onText,
  plainText,
  textArgument,
  textList,
} from './transformContract';
import type { Flow, TransformDefinition, TransformFault } from './transformContract';

export const choiceTransforms: readonly TransformDefinition[] = [
  {
    name: 'split',
    doc: 'Cuts a text into a list, or takes one part of it. Cutting at a space also cuts at runs of white space.',
    args: [
      { name: 'by', type: 'text', required: true, doc: 'Where to cut.' },
      {
        name: 'take',
        type: 'place',
        required: false,
        doc: 'first, last, rest (all but the first), or an index from 0; -1 is the last.',
      },
    ],
    shorthand: 'by',
    example: { args: { by: ' ', take: 'rest' }, from: 'Ann Mary  Lee', to: 'Mary Lee' },
    check: notEmpty('by'),
    bind: (args) => splitStep(textArgument(args, 'by') ?? ' ', args['take'] as Place | undefined),
  },
  {
    name: 'join',
    doc: 'Makes one text of a list, without its empty members.',
    args: [{ name: 'by', type: 'text', required: true, doc: 'What stands between the members.' }],
    shorthand: 'by',
    example: { args: { by: ', ' }, from: ['red', '', 'blue'], to: 'red, blue' },
    bind: (args) => (value) => join(value, textArgument(args, 'by') ?? ''),
  },
  {
    name: 'multi',
    doc: 'Several choices from a text that lists them, for a multi-checkbox property.',
    args: [
      { name: 'by', type: 'text', required: false, doc: 'What stands between them (default: a comma).' },
    ],
    shorthand: 'by',
    example: { args: { by: ',' }, from: 'red, blue,', to: ['red', 'blue'] },
    check: notEmpty('by'),
    bind: (args) => multiStep(textArgument(args, 'by') ?? ','),
  },
  {
    name: 'enum',
    doc: 'Another value for each known value, whatever its case; an unknown one is a problem unless `otherwise` is given.',
    args: [
      { name: 'map', type: 'map', required: true, doc: 'From the source value to the new one.' },
      { name: 'otherwise', type: 'value', required: false, doc: 'The result for any other value.' },
    ],
    shorthand: 'map',
    example: { args: { map: { PAID: 'Closed won' } }, from: 'paid', to: 'Closed won' },
    check: (args) => (Object.keys(args['map'] as object).length === 0 ? ['map must not be empty'] : []),
    bind: (args) => enumStep(args['map'] as Record<string, unknown>, args['otherwise']),
  },
  {
    name: 'default',
    doc: 'A value where the source has none.',
    args: [{ name: 'value', type: 'value', required: true, doc: 'The value to take.' }],
    shorthand: 'value',
    onMissing: true,
    example: { args: { value: 'unknown' }, from: '', to: 'unknown' },
    bind: (args) => (value) => (isEmptyFlow(value) ? (args['value'] as JsonValue) : value),
  },
  {
    name: 'nullIf',
    doc: 'Turns stand-ins for "no value", such as N/A, into an unknown value, whatever their case.',
    args: [{ name: 'values', type: 'list', required: true, doc: 'The stand-ins.' }],
    shorthand: 'values',
    example: { args: { values: ['N/A', '-'] }, from: 'n/a', to: null },
    bind: (args) => nullIfStep(args['values']),
  },
];

type Place = 'first' | 'last' | 'rest' | number;

function notEmpty(name: string) {
  return (args: Record<string, unknown>) => (args[name] === '' ? [`${name} must not be empty`] : []);
}

function splitStep(by: string, take: Place | undefined) {
  const atSpaces = by.trim() === '';
  return (value: JsonValue): Flow | TransformFault => {
    const text = plainText(value);
    if (text === null) return invalid('is a list or an object where a text is expected');
    const parts = atSpaces ? text.trim().split(/\s+/) : text.split(by);
    if (take === undefined) return parts;
    if (take === 'rest') return parts.length > 1 ? parts.slice(1).join(by) : undefined;
    return parts.at(take === 'first' ? 0 : take === 'last' ? -1 : take);
  };
}

function join(value: JsonValue, by: string): Flow | TransformFault {
  if (!Array.isArray(value)) return plainText(value) ?? invalid('is an object where a list is expected');
  const parts: string[] = [];
  for (const member of value) {
    if (isEmptyFlow(member)) continue;
    const text = plainText(member);
    if (text === null) return invalid('is a list whose members are no plain values');
    parts.push(text);
  }
  return parts.join(by);
}

function multiStep(by: string) {
  const cut = onText((text) =>
    text
      .split(by)
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );
  return (value: JsonValue, context: Parameters<typeof cut>[1]): Flow | TransformFault => {
    const parts = cut(value, context);
    return Array.isArray(parts) && !isFault(parts) ? parts.flat() : parts;
  };
}

function enumStep(map: Record<string, unknown>, otherwise: unknown) {
  const exact = new Map<string, JsonValue>();
  const caseless = new Map<string, JsonValue>();
  for (const [from, to] of Object.entries(map)) {
    exact.set(from, to as JsonValue);
    if (!caseless.has(from.trim().toLowerCase())) caseless.set(from.trim().toLowerCase(), to as JsonValue);
  }
  return onText((text) => {
    const found = exact.get(text) ?? caseless.get(text.trim().toLowerCase());
    if (found !== undefined) return found;
    return otherwise === undefined
      ? invalid('is none of the values that the map knows')
      : (otherwise as JsonValue);
  });
}

function nullIfStep(values: unknown) {
  const standIns = new Set(textList(values).map((value) => value.trim().toLowerCase()));
  return onText((text) => (standIns.has(text.trim().toLowerCase()) ? undefined : text));
}
