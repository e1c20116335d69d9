import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parseDuration } from '../../src/config/durations';
import type { Editor, MappedField, MappedRecord, Pin, PinState } from '../../src/domain/record';
import type { EditPolicy, FieldRule, Ownership } from '../../src/domain/rules';
import { fieldRule } from './sampleRules';

/** The tables of docs/ownership.md as values: whoever changes a rule changes its page. */

const page = readFileSync(join(__dirname, '../../docs/ownership.md'), 'utf8');

/** The rows of the table below a heading that has a column `case`. */
export function rowsOf(heading: string): Record<string, string>[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading));
  const lines = (section ?? '').split('\n').filter((line) => line.startsWith('|'));
  const start = lines.findIndex((line) => line.startsWith('| case |'));
  if (start < 0) throw new Error(`docs/ownership.md has no table of cases below "${heading}"`);
  const cells = (line: string) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
  const names = cells(lines[start]!);
  return lines
    .slice(start + 2)
    .map((line) => Object.fromEntries(cells(line).map((cell, index) => [names[index]!, cell])));
}

interface WrittenRule {
  ownership?: Ownership;
  resolve?: FieldRule['resolve'];
  optOut?: string;
  onHubSpotEdit?: EditPolicy;
  pinFor?: string;
}

/** `{ ownership: shared }` in code marks. */
export function ruleOf(cell: string): FieldRule {
  const { optOut, pinFor, ...rule } = parse(cell.replaceAll('`', '')) as WrittenRule;
  return fieldRule('x', {
    precedence: ['azure', 'ielts', 'eol'],
    ...rule,
    ...(optOut === undefined ? {} : { optOutValue: optOut }),
    ...(pinFor === undefined ? {} : { pinForMs: parseDuration(pinFor)! }),
  });
}

/** `9 Jan`, of one year. */
function timeOf(text: string): string {
  return new Date(`${text} 2026 00:00:00Z`).toISOString();
}
export const today = timeOf('20 Jan');

/** `empty` is the empty value. */
export function valueOf(text: string): string {
  return text === 'empty' || text === 'cleared' ? '' : text;
}

const writers: Record<string, Editor> = {
  'a person': 'person',
  'an integration': 'integration',
  'a workflow': 'other',
};
const value = '(?<value>\\w+) (?<day>\\d+ \\w{3})';

function member(source: string, field: MappedField | null): MappedRecord {
  const fields: Record<string, MappedField> = field ? { x: field } : {};
  return { source, stream: 's', key: '1', objectType: 'contacts', fields, references: [], identityKeys: [] };
}

function matched(pattern: string, cell: string): Record<string, string | undefined> {
  const found = new RegExp(`^${pattern}$`).exec(cell);
  if (!found) throw new Error(`docs/ownership.md: "${cell}" is not understood`);
  return found.groups ?? {};
}

/** `no record`, `empty`, `Bath 9 Jan`, `cleared 9 Jan, by a person`. */
export function hubspotOf(cell: string): MappedRecord[] {
  if (cell === 'no record') return [];
  if (cell === 'empty') return [member('hubspot', null)];
  const { value: held = '', day = '', who } = matched(`${value}(?:, by (?<who>[a-z ]+))?`, cell);
  const field = { value: valueOf(held), at: timeOf(day) };
  if (who === undefined) return [member('hubspot', field)];
  if (who === 'us') return [member('hubspot', { ...field, ours: true })];
  return [member('hubspot', { ...field, by: writers[who]!, writer: 'as HubSpot says' })];
}

/** `azure: York 1 Jan; eol: nothing`. */
export function sourcesOf(cell: string): MappedRecord[] {
  return cell.split('; ').map((part) => {
    const { source = '', said = '' } = matched('(?<source>\\w+): (?<said>.*)', part);
    if (said === 'nothing') return member(source, null);
    const { value: held = '', day = '' } = matched(value, said);
    return member(source, { value: valueOf(held), at: timeOf(day) });
  });
}

/** `none`, `Bath 9 Jan, pinned until 19 Jan`, `Bath 9 Jan, ended`. */
export function pinsOf(cell: string): Pin[] {
  if (cell === 'none') return [];
  const {
    value: held = '',
    day = '',
    state,
    until,
  } = matched(`${value}, (?<state>pinned|review|ended)(?: until (?<until>.*))?`, cell);
  const pin = { pinId: '1', recordId: '1', property: 'x', value: valueOf(held), at: timeOf(day) };
  return [{ ...pin, state: state as PinState, expiresAt: until === undefined ? null : timeOf(until) }];
}

/** The same the other way: what the page says of a pin. */
export function pinText(pin: Omit<Pin, 'pinId'>, endedBy: string | null): string {
  const day = (iso: string) => {
    const time = new Date(iso);
    return `${time.getUTCDate()} ${time.toLocaleString('en', { month: 'short', timeZone: 'UTC' })}`;
  };
  const until = pin.expiresAt === null || pin.state === 'ended' ? '' : ` until ${day(pin.expiresAt)}`;
  const state = endedBy === null ? `${pin.state}${until}` : `ended: ${endedBy}`;
  return `${pin.value || 'empty'} ${day(pin.at)}, ${state}`;
}
