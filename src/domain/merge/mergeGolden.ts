import { sameProperty } from '../values/canonicalValue';
import { hubspotSource } from '../record';
import type { FieldOrigin, GoldenValues, MappedField, MappedRecord, MergeRule, Pin } from '../record';
import type { FieldRule, ObjectRules } from '../rules';

/** Losing values kept per field: enough to explain, bounded however many records share one person. */
const losersMax = 10;

/** One member's value of the field at hand. */
export interface Candidate {
  member: MappedRecord;
  field: MappedField;
}

/** Negative where `a` goes before `b`. */
type Order = (a: Candidate, b: Candidate) => number;

/**
 * The master record of a cluster: per field the winning value, where it came from, and what lost against it.
 * - `source`: only sources compete, by precedence or by the time their value last changed.
 * - `hubspot`: HubSpot's value counts; sources fill it only while HubSpot has no record (rule of its creation).
 * - `shared`: HubSpot's value and the sources' winner compete by time, also a value that somebody cleared. An echo of
 *   our own write (`ours`) does not compete, so a value that every source withdrew is withdrawn from HubSpot too.
 * - `fillEmpty`: what HubSpot holds stays, whoever wrote it; sources give a value only where it holds none.
 * - what we wrote into a source's record ourselves (`ours`) is not that source's word and does not compete either.
 * - a pin beats the sources, an opt-out from any member beats all of that.
 * The result does not depend on the order of the members. A field without any value is absent.
 * @param members mapped records of one cluster, the anchor (source `hubspot`) among them
 * @param pins those that are in force (`decidePins`), at most one per property
 */
export function mergeGolden(
  members: readonly MappedRecord[],
  rules: ObjectRules,
  pins: readonly Pin[] = [],
): GoldenValues {
  const golden: GoldenValues = { values: {}, origins: {} };
  for (const rule of rules.fields) {
    const candidates = candidatesOf(rule, members);
    const pin = pins.find(({ property }) => property === rule.property);
    const won = mergeField(rule, candidates, members, pin);
    if (!won) continue;
    golden.values[rule.property] = won.winner.field.value;
    golden.origins[rule.property] = originOf(rule, won);
  }
  return golden;
}

/** The values of one field: those of sources, those that we wrote into sources, and those that HubSpot holds. */
export function candidatesOf(
  rule: FieldRule,
  members: readonly MappedRecord[],
): { sources: Candidate[]; echoes: Candidate[]; anchors: Candidate[] } {
  const sources: Candidate[] = [];
  const echoes: Candidate[] = [];
  const anchors: Candidate[] = [];
  for (const member of members) {
    const field = member.fields[rule.property];
    if (!field) continue;
    if (member.source === hubspotSource) anchors.push({ member, field });
    else (field.ours ? echoes : sources).push({ member, field });
  }
  return { sources, echoes, anchors };
}

/** The value that sources agree on by the field's rule, or null when none has one. */
export function sourceWinner(rule: FieldRule, sources: readonly Candidate[]): Candidate | null {
  return first(sources, sourceOrder(rule));
}

interface Won {
  winner: Candidate;
  by: MergeRule;
  /** All that competed, the winner among them, and the order in which losers are listed. */
  competitors: Candidate[];
  order: Order;
}

function mergeField(
  rule: FieldRule,
  { sources, echoes, anchors }: ReturnType<typeof candidatesOf>,
  members: readonly MappedRecord[],
  pin: Pin | undefined,
): Won | null {
  const optOut = optedOut(rule, [...sources, ...echoes, ...anchors]);
  if (optOut) return optOut;
  const order = sourceOrder(rule);
  if (pin) {
    const by = pin.state === 'review' ? 'review' : 'pinned';
    return { winner: pinned(pin, members), by, competitors: sources, order };
  }
  const fromSources = first(sources, order);
  const filled = anchors.filter(({ field }) => counts(rule, field));
  const anchor = rule.ownership === 'source' ? null : first(filled, byTime);
  const competitors = anchor ? [...sources, ...filled] : sources;
  const anchorWins: Won | null = anchor && { winner: anchor, by: 'adopted', competitors, order: byTime };
  const sourceWins: Won | null = fromSources && { winner: fromSources, by: rule.resolve, competitors, order };

  if (rule.ownership === 'fillEmpty') return anchorWins ? { ...anchorWins, by: 'hubspot' } : sourceWins;
  if (rule.ownership === 'hubspot') {
    if (anchorWins) return { ...anchorWins, by: 'hubspot' };
    return members.some(({ source }) => source === hubspotSource) ? null : sourceWins;
  }
  if (!anchorWins || !anchor) return sourceWins;
  // On a tie HubSpot's value stays: what is there already needs no write.
  return fromSources && fromSources.field.at > anchor.field.at ? sourceWins : anchorWins;
}

/** Whether HubSpot's value of a field takes part at all. That it is empty counts only where somebody cleared it. */
function counts({ ownership }: FieldRule, field: MappedField): boolean {
  if (ownership !== 'shared') return field.value !== '';
  return !field.ours && (field.value !== '' || field.by !== undefined);
}

/** A pin as a candidate: an edit of the HubSpot record. */
function pinned({ recordId, value, at }: Pin, members: readonly MappedRecord[]): Candidate {
  const held = members.find(({ source, key }) => source === hubspotSource && key === recordId);
  const objectType = members[0]?.objectType ?? '';
  const ref = { source: hubspotSource, stream: held?.stream ?? objectType, key: recordId };
  return {
    member: held ?? { ...ref, objectType, fields: {}, references: [], identityKeys: [] },
    field: { value, at },
  };
}

/** The first one who said so is the origin; our own echo only when nobody else is left. */
function optedOut(rule: FieldRule, competitors: Candidate[]): Won | null {
  if (rule.optOutValue === undefined) return null;
  const optOuts = competitors.filter(({ field }) => sameProperty(rule, field.value, rule.optOutValue));
  const winner = first(optOuts, firstToSay);
  return winner && { winner, by: 'optOut', competitors, order: byTime };
}

function originOf(rule: FieldRule, { winner, by, competitors, order }: Won): FieldOrigin {
  const { source, stream, key } = winner.member;
  const losers = competitors
    .filter(({ field }) => !sameProperty(rule, field.value, winner.field.value))
    .sort(order);
  return {
    source,
    stream,
    key,
    at: winner.field.at,
    rule: by,
    losers: losers.slice(0, losersMax).map(({ member, field }) => ({
      source: member.source,
      stream: member.stream,
      key: member.key,
      value: field.value,
      at: field.at,
    })),
  };
}

function first(candidates: readonly Candidate[], order: Order): Candidate | null {
  let best: Candidate | null = null;
  for (const candidate of candidates) if (!best || order(candidate, best) < 0) best = candidate;
  return best;
}

function sourceOrder({ resolve, precedence }: FieldRule): Order {
  const byPrecedence: Order = (a, b) =>
    rank(precedence, a) - rank(precedence, b) || compare(a.member.source, b.member.source);
  return resolve === 'recent'
    ? (a, b) => compare(b.field.at, a.field.at) || byPrecedence(a, b) || byRecord(a, b)
    : (a, b) => byPrecedence(a, b) || byTime(a, b);
}

/** A source that is not named stands behind all that are. */
function rank(precedence: string[], { member }: Candidate): number {
  const index = precedence.indexOf(member.source);
  return index === -1 ? precedence.length : index;
}

const byTime: Order = (a, b) => compare(b.field.at, a.field.at) || byRecord(a, b);

const firstToSay: Order = (a, b) =>
  Number(a.field.ours ?? false) - Number(b.field.ours ?? false) ||
  compare(a.field.at, b.field.at) ||
  byRecord(a, b);

/** The value decides only between two versions of one record, which the database never holds. */
const byRecord: Order = (a, b) =>
  compare(a.member.source, b.member.source) ||
  compare(a.member.stream, b.member.stream) ||
  compare(a.member.key, b.member.key) ||
  compare(a.field.value, b.field.value);

/** By code unit: the same everywhere, unlike a locale's order. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
