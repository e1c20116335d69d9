import { sameProperty } from '../values/canonicalValue';
import { candidatesOf, sourceWinner, type Candidate } from './mergeGolden';
import { hubspotSource, type MappedRecord, type Pin, type PinEnding, type PinState } from '../record';
import type { FieldRule, ObjectRules } from '../rules';

/** An edit that is decided on for the first time. Stored once per (record, property, time of the edit). */
export interface NewPin {
  recordId: string;
  property: string;
  value: string;
  at: string;
  setBy: 'person' | 'integration';
  writer: string;
  state: PinState;
  /** Of one that ended at once: why the edit does not count. */
  endedBy: PinEnding | null;
  expiresAt: string | null;
  pinForMs: number | null;
}

export interface PinDecision {
  /** At most one per property: what `mergeGolden` takes. */
  inForce: Pin[];
  opened: NewPin[];
  ended: { pinId: string; by: PinEnding }[];
}

/**
 * What becomes of the edits that people and other integrations made in HubSpot to fields that sources own, where the
 * field says `accept` or `review`. An edit counts until the sources' value is newer than it, its time is over, a newer
 * edit replaces it, or a person lifts it; then the sources' value counts again, for good: an edit is decided on once.
 * Our own writes and what workflows do are no edits. The result does not depend on the order of the members.
 * @param members mapped records of one cluster, the anchor among them; without any source nothing is decided
 * @param pins all that are stored of this cluster, ended ones too
 * @param now an ISO instant
 */
export function decidePins(
  members: readonly MappedRecord[],
  rules: ObjectRules,
  pins: readonly Pin[],
  now: string,
): PinDecision {
  const decision: PinDecision = { inForce: [], opened: [], ended: [] };
  if (!members.some(({ source }) => source !== hubspotSource)) return decision;
  for (const rule of rules.fields) {
    if (!takesEdits(rule)) continue;
    const { sources, anchors } = candidatesOf(rule, members);
    const stored = pins.filter(({ property }) => property === rule.property);
    const edit = newestEdit(anchors);
    if (stored.length === 0 && !edit) continue;
    decideField(rule, sourceWinner(rule, sources), edit, stored, now, decision);
  }
  return decision;
}

/** Whether edits of this field can count: then HubSpot's history is asked who made them. */
export function takesEdits({ ownership, onHubSpotEdit = 'revert' }: FieldRule): boolean {
  return ownership === 'source' && onHubSpotEdit !== 'revert';
}

function decideField(
  rule: FieldRule,
  fromSources: Candidate | null,
  edit: Candidate | null,
  stored: readonly Pin[],
  now: string,
  decision: PinDecision,
): void {
  const isNew =
    edit !== null &&
    !stored.some(({ recordId, at }) => recordId === edit.member.key && at === edit.field.at) &&
    !stored.some(({ state, at }) => state !== 'ended' && at > edit.field.at);
  const sourceIsNewer = (at: string) => fromSources !== null && fromSources.field.at > at;
  for (const pin of stored) {
    if (pin.state === 'ended') continue;
    const by = isNew ? 'replaced' : endingOf(pin, sourceIsNewer(pin.at), now);
    if (by) decision.ended.push({ pinId: pin.pinId, by });
    else decision.inForce.push(pin);
  }
  if (!isNew) return;
  const same = fromSources !== null && sameProperty(rule, fromSources.field.value, edit.field.value);
  if (same || isOptOut(rule, edit.field.value)) return;
  const pin = newPin(rule, edit);
  const endedBy = endingOf(pin, sourceIsNewer(pin.at), now);
  decision.opened.push(endedBy ? { ...pin, state: 'ended', endedBy } : pin);
  if (!endedBy) decision.inForce.push({ ...pin, pinId: '' });
}

function endingOf(
  { state, expiresAt }: Pick<Pin, 'state' | 'expiresAt'>,
  sourceIsNewer: boolean,
  now: string,
): PinEnding | null {
  if (sourceIsNewer) return 'sourceChanged';
  return state === 'pinned' && expiresAt !== null && expiresAt <= now ? 'expired' : null;
}

function newPin({ property, onHubSpotEdit, pinForMs }: FieldRule, { member, field }: Candidate): NewPin {
  const { value, at, writer = '' } = field;
  return {
    recordId: member.key,
    property,
    value,
    at,
    setBy: field.by === 'person' ? 'person' : 'integration',
    writer,
    state: onHubSpotEdit === 'review' ? 'review' : 'pinned',
    endedBy: null,
    expiresAt: pinForMs === undefined ? null : new Date(Date.parse(at) + pinForMs).toISOString(),
    pinForMs: pinForMs ?? null,
  };
}

/** Of two HubSpot records in one cluster the later edit; at one time that of the smaller id. */
function newestEdit(anchors: readonly Candidate[]): Candidate | null {
  let newest: Candidate | null = null;
  for (const anchor of anchors) {
    if (anchor.field.by !== 'person' && anchor.field.by !== 'integration') continue;
    if (!newest || isLater(anchor, newest)) newest = anchor;
  }
  return newest;
}

function isLater(a: Candidate, b: Candidate): boolean {
  return a.field.at === b.field.at ? a.member.key < b.member.key : a.field.at > b.field.at;
}

function isOptOut(rule: FieldRule, value: string): boolean {
  return rule.optOutValue !== undefined && sameProperty(rule, value, rule.optOutValue);
}
