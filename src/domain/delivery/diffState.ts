import { sameProperty } from '../values/canonicalValue';
import type { FieldRule } from '../rules';

/** What HubSpot is known to hold of one record, by property. */
export interface KnownValues {
  /** What it holds now: null is known to be empty, a missing property was never read. */
  kept: Record<string, string | null>;
  /**
   * What we last sent. Whoever learns that HubSpot's value changed *after* it answered our write removes the
   * property here: else a value that HubSpot itself turned into another would be sent for ever.
   */
  sent: Record<string, string>;
}

export interface DiffInput {
  golden: Record<string, string>;
  /** null: HubSpot has no record yet. */
  known: KnownValues | null;
  rules: readonly FieldRule[];
}

/**
 * The properties to write so that HubSpot holds the golden record; {} when nothing is to be done.
 * '' clears. Values are compared by their type, so a spelling is no change.
 * - A value that we wrote, HubSpot still holds and golden no longer has is withdrawn ('').
 * - A value that HubSpot answered with another one is not sent again until either side changes.
 * - An opt-out in HubSpot is never changed, and one from elsewhere is written whoever owns the field.
 * - Fields that HubSpot owns are written only with a new record, `fillEmpty` only where HubSpot holds nothing.
 * - A property that was never read is not written: unknown is not empty (see `unreadProperties`).
 */
export function diffState({ golden, known, rules }: DiffInput): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const rule of rules) {
    const wanted = golden[rule.property];
    const write = known ? changeOf(rule, wanted, known) : wanted || undefined;
    if (write !== undefined) properties[rule.property] = write;
  }
  return properties;
}

/** What to write of one property to a record that exists, or undefined for nothing. */
function changeOf(
  rule: FieldRule,
  wanted: string | undefined,
  { kept, sent }: KnownValues,
): string | undefined {
  const { property } = rule;
  const ours = sent[property];
  if (kept[property] === undefined && ours === undefined) return undefined;
  // Sent and not read since: it is there as far as anybody knows, so that clearing it is a change.
  const held = (kept[property] === undefined ? ours : kept[property]) ?? '';
  if (isOptOut(rule, held)) return undefined;
  if (!isOptOut(rule, wanted) && (rule.ownership === 'hubspot' || isFilled(rule, held))) return undefined;
  if (wanted === undefined) {
    const stillOurs = ours !== undefined && held !== '' && sameProperty(rule, held, ours);
    return stillOurs ? '' : undefined;
  }
  if (sameProperty(rule, held, wanted)) return undefined;
  return ours !== undefined && sameProperty(rule, ours, wanted) ? undefined : wanted;
}

function isOptOut(rule: FieldRule, value: string | undefined): boolean {
  return rule.optOutValue !== undefined && value !== '' && sameProperty(rule, value, rule.optOutValue);
}

function isFilled({ ownership }: FieldRule, held: string): boolean {
  return ownership === 'fillEmpty' && held !== '';
}

/** The properties golden has a value for and HubSpot's record was never read for: to be read before they are written. */
export function unreadProperties({ golden, known, rules }: DiffInput): string[] {
  if (!known) return [];
  return rules
    .filter(({ property, ownership }) => ownership !== 'hubspot' && golden[property] !== undefined)
    .map(({ property }) => property)
    .filter((property) => known.kept[property] === undefined && known.sent[property] === undefined);
}

/** The names of properties whose canonical values differ, sorted; a property that came or went differs. */
export function changedProperties(before: Record<string, string>, after: Record<string, string>): string[] {
  const changed: string[] = [];
  for (const property in before) if (after[property] !== before[property]) changed.push(property);
  for (const property in after) if (before[property] === undefined) changed.push(property);
  return changed.sort();
}
