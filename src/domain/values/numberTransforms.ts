import { canonicalNumber } from './canonicalNumber';
import {
  invalid,
  noArguments,
  onText,
  textList,
  type TransformDefinition,
  type TransformFault,
} from './transformContract';

const yes = ['true', 'yes', 'y', '1', 't', 'on', 'ja', 'j', 'oui', 'si', 'sí', 'sim', 'x', 'checked'];
const no = ['false', 'no', 'n', '0', 'f', 'off', 'nein', 'non', 'nee', 'não', 'nao', 'unchecked'];

export const numberTransforms: readonly TransformDefinition[] = [
  {
    name: 'decimal',
    doc: 'A number as a decimal string. 1,234.50 and 1.234,50 are read; 1,234 alone only when decimalComma says how.',
    args: [
      {
        name: 'decimalComma',
        type: 'flag',
        required: false,
        doc: 'true: the comma starts the fraction and the dot groups; false: the other way round.',
      },
    ],
    example: { args: {}, from: '1,234.50', to: '1234.5' },
    bind: (args) => {
      const read = onText((text) => decimal(text, args['decimalComma'] as boolean | undefined));
      // A JSON number has its one spelling; the argument speaks of text only.
      return (value, context) => (typeof value === 'number' ? String(value) : read(value, context));
    },
  },
  {
    name: 'integer',
    doc: 'A whole number; a fraction other than zero is refused, never rounded.',
    args: noArguments,
    example: { args: {}, from: '42.0', to: '42' },
    bind: () =>
      onText((text) => {
        const number = decimal(text, undefined);
        return typeof number === 'string' && number.includes('.') ? invalid('is no whole number') : number;
      }),
  },
  {
    name: 'boolean',
    doc: 'yes/no, y/n, 1/0, true/false, on/off, ja/nein, oui/non, sí/no … as true or false.',
    args: [
      { name: 'yes', type: 'list', required: false, doc: 'More spellings of true.' },
      { name: 'no', type: 'list', required: false, doc: 'More spellings of false.' },
    ],
    example: { args: {}, from: 'Yes', to: 'true' },
    bind: (args) => booleanStep(args['yes'], args['no']),
  },
];

function booleanStep(moreYes: unknown, moreNo: unknown) {
  const meanings = new Map<string, string>();
  for (const word of yes) meanings.set(word, 'true');
  for (const word of no) meanings.set(word, 'false');
  for (const word of textList(moreYes)) meanings.set(word.trim().toLowerCase(), 'true');
  for (const word of textList(moreNo)) meanings.set(word.trim().toLowerCase(), 'false');
  return onText((text) => meanings.get(text.trim().toLowerCase()) ?? invalid('is neither yes nor no'));
}

const grouped = { ',': /^[+-]?[1-9]\d{0,2}(?:,\d{3})+$/, '.': /^[+-]?[1-9]\d{0,2}(?:\.\d{3})+$/ };

function decimal(text: string, decimalComma: boolean | undefined): string | TransformFault {
  // Spaces (also the narrow ones) and apostrophes only ever group: 1 234,50 and 1'234.50.
  const bare = text
    .trim()
    .replace(/(?<=\d)[\s'’](?=\d{3}(?!\d))/g, '')
    .replace('\u2212', '-');
  const plain = canonicalNumber(bare);
  if (plain !== null && !(decimalComma === true && bare.includes('.'))) return plain;
  const mark = decimalMark(bare, decimalComma);
  if (mark === 'ambiguous') return invalid('may be thousands or a fraction: set decimalComma');
  const number = mark === null ? null : withoutGroups(bare, mark);
  return number ?? invalid('is no number');
}

/** Which character starts the fraction, as far as the text or the argument says. */
function decimalMark(text: string, decimalComma: boolean | undefined): ',' | '.' | 'ambiguous' | null {
  if (decimalComma !== undefined) return decimalComma ? ',' : '.';
  const comma = text.lastIndexOf(',');
  const dot = text.lastIndexOf('.');
  if (comma !== -1 && dot !== -1) return comma > dot ? ',' : '.';
  if (comma === -1) return grouped['.'].test(text) ? ',' : null;
  if (text.indexOf(',') !== comma) return '.';
  return grouped[','].test(text) ? 'ambiguous' : ',';
}

function withoutGroups(text: string, mark: ',' | '.'): string | null {
  const group = mark === ',' ? '.' : ',';
  const [whole = '', fraction, more] = text.split(mark);
  if (more !== undefined || fraction?.includes(group)) return null;
  if (whole.includes(group) && !grouped[group].test(whole)) return null;
  return canonicalNumber(whole.replaceAll(group, '') + (fraction === undefined ? '' : '.' + fraction));
}
