import type { IdentityDecision } from './identityDecisions';
import { compareRefs } from './identityRecord';
import { hubspotSource, type RecordRef } from '../record';

/** How a person answers a review: one thing, different things, or the HubSpot record that it is. */
export type IdentityVerdict = { how: 'join' } | { how: 'apart' } | { how: 'link'; target: RecordRef };

/** The parts of a review that a verdict is about. */
export interface DecidableReview {
  records: readonly RecordRef[];
  /** The records of each cluster concerned, what is in doubt first. */
  parts: readonly (readonly RecordRef[])[];
}

/**
 * What is to be remembered of a verdict. A cluster is named by its HubSpot record where it has one, which outlives
 * changes of its other records, else by all its records.
 * - join: what is in doubt (or the first of two) is one with each of the others.
 * - apart: it is none of the others; what the others are to each other stays open.
 * - link: the asked records that are not with the target yet move to it, and are nothing of the other parts.
 * Out: empty where there is nothing to decide.
 */
export function decisionsOf(
  { records, parts }: DecidableReview,
  verdict: IdentityVerdict,
): Omit<IdentityDecision, 'decidedAt'>[] {
  if (verdict.how === 'link') return linkDecisions(records, parts, verdict.target);
  const [subject, ...others] = parts;
  if (subject === undefined) return [];
  const kind = verdict.how === 'join' ? 'together' : 'apart';
  return others.map((other) => ({ kind, left: nameOf(subject), right: nameOf(other), moves: false }));
}

function linkDecisions(
  records: readonly RecordRef[],
  parts: readonly (readonly RecordRef[])[],
  target: RecordRef,
): Omit<IdentityDecision, 'decidedAt'>[] {
  const found = parts.find((part) => includes(part, target));
  const home = found ?? [target];
  const left = records.filter((ref) => ref.source !== hubspotSource && !includes(home, ref));
  // All of them are with the target already: the others are something else.
  const away = left.length > 0 ? left : nameOf(home);
  const apart = parts
    .filter((part) => part !== home)
    .map((part) => nameOf(part).filter((ref) => !includes(left, ref)))
    .filter((right) => right.length > 0)
    .map((right) => ({ kind: 'apart' as const, left: away, right, moves: false }));
  if (left.length === 0) return found === undefined ? [] : apart;
  return [{ kind: 'together', left, right: [target], moves: true }, ...apart];
}

/** The records by which a decision names a cluster. */
function nameOf(part: readonly RecordRef[]): readonly RecordRef[] {
  const anchors = part.filter(({ source }) => source === hubspotSource);
  return anchors.length > 0 ? anchors : part;
}

function includes(refs: readonly RecordRef[], ref: RecordRef): boolean {
  return refs.some((one) => compareRefs(one, ref) === 0);
}
