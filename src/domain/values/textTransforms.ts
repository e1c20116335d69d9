import { invalid, noArguments, onText, textArgument, type TransformDefinition } from './transformContract';
import { safePattern } from './safePattern';

const text = { type: 'text', required: true } as const;

function simple(
  name: string,
  doc: string,
  from: string,
  to: string,
  work: (text: string) => string,
): TransformDefinition {
  return { name, doc, args: noArguments, example: { args: {}, from, to }, bind: () => onText(work) };
}

export const textTransforms: readonly TransformDefinition[] = [
  simple('trim', 'Removes surrounding white space.', '  Ann ', 'Ann', (value) => value.trim()),
  simple('lowercase', 'Lower case.', 'ANN', 'ann', (value) => value.toLowerCase()),
  simple('uppercase', 'Upper case.', 'ann', 'ANN', (value) => value.toUpperCase()),
  simple(
    'titleCase',
    'Each word with a capital: for names typed in one case.',
    "ANNE-MARIE o'neill",
    "Anne-Marie O'Neill",
    titleCase,
  ),
  simple(
    'collapseSpaces',
    'Trims, and makes one space of every run of white space.',
    ' Ann   Lee ',
    'Ann Lee',
    (value) => value.trim().replace(/\s+/g, ' '),
  ),
  {
    name: 'prefix',
    doc: 'Puts a text before the value.',
    args: [{ name: 'text', ...text, doc: 'What comes before.' }],
    shorthand: 'text',
    example: { args: { text: 'azure-' }, from: '17', to: 'azure-17' },
    bind: (args) => onText((value) => (textArgument(args, 'text') ?? '') + value),
  },
  {
    name: 'suffix',
    doc: 'Puts a text behind the value.',
    args: [{ name: 'text', ...text, doc: 'What comes behind.' }],
    shorthand: 'text',
    example: { args: { text: ' Ltd' }, from: 'Acme', to: 'Acme Ltd' },
    bind: (args) => onText((value) => value + (textArgument(args, 'text') ?? '')),
  },
  {
    name: 'replace',
    doc: 'Replaces every occurrence of a text, or of a regular expression with `regex: true`.',
    args: [
      { name: 'pattern', ...text, doc: 'The text, or the regular expression, to look for.' },
      {
        name: 'with',
        type: 'text',
        required: false,
        doc: 'What takes its place (default: nothing). `$1` is a group.',
      },
      { name: 'regex', type: 'flag', required: false, doc: 'The pattern is a regular expression.' },
    ],
    example: { args: { pattern: '_', with: ' ' }, from: 'in_person_class', to: 'in person class' },
    check: (args) =>
      args['regex'] === true
        ? patternFaults(textArgument(args, 'pattern') ?? '')
        : literalFaults(args['pattern']),
    bind: (args) =>
      replaceStep(
        textArgument(args, 'pattern') ?? '',
        textArgument(args, 'with') ?? '',
        args['regex'] === true,
      ),
  },
  {
    name: 'truncate',
    doc: 'Cuts the value to a length; never through the middle of a character.',
    args: [{ name: 'length', type: 'number', required: true, doc: 'The most characters to keep.' }],
    shorthand: 'length',
    example: { args: { length: 5 }, from: 'Tributary', to: 'Tribu' },
    check: (args) =>
      Number.isInteger(args['length']) && Number(args['length']) > 0
        ? []
        : ['length must be a whole number above 0'],
    bind: (args) => onText((value) => truncate(value, Number(args['length']))),
  },
];

function titleCase(value: string): string {
  return value
    .toLowerCase()
    .replace(/(^|[\s\-–(/.])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase())
    .replace(
      /(^|[\s-])([DOL]['’])(\p{L})/gu,
      (_, before: string, part: string, letter: string) => before + part + letter.toUpperCase(),
    );
}

function truncate(value: string, length: number): string {
  if (value.length <= length) return value;
  const last = value.charCodeAt(length - 1);
  return value.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** Above this a regular expression is not tried: what it may cost grows faster than the text. */
const regexTextMax = 2_000;

function replaceStep(pattern: string, replacement: string, isRegex: boolean) {
  if (!isRegex) return onText((value) => value.replaceAll(pattern, () => replacement));
  const regex = new RegExp(pattern, 'gu');
  return onText((value) => {
    if (value.length > regexTextMax)
      return invalid(`is longer than ${regexTextMax} characters, too long for a pattern`);
    return value.replace(regex, replacement);
  });
}

function patternFaults(pattern: string): string[] {
  const fault = safePattern(pattern);
  return fault === null ? [] : [fault];
}

function literalFaults(pattern: unknown): string[] {
  return pattern === '' ? ['pattern must not be empty'] : [];
}
