import type { IdentityDecision } from './identityDecisions';
import type { IdentityKey, RecordRef } from '../record';
import type { IdentityRules } from '../rules';

/** A mapped record as identity sees it. */
export interface IdentityRecord extends RecordRef {
  /** A record of source `hubspot`. */
  anchor: boolean;
  /** Anchors only: the value of `tributary_id` in HubSpot, the id of a golden record that we created; else null. */
  tributaryId: string | null;
  keys: IdentityKey[];
  /** Per index of a rule with `similar`: the text to compare (`similarTextOf`). */
  similarText: Record<number, string>;
  /** Folded values of the `neverJoin` properties (`limitsOf`). */
  limits: Record<string, string>;
  /** The golden record it is linked to now. */
  goldenId: string | null;
  /** HubSpot has, or may have (a create was sent), that golden record: the link wins over the rules. */
  fixed: boolean;
}

/** A member of a cluster and why it is one: 'new', 'link', 'tributaryId', 'decision' or the name of the rule that joined it. */
export interface ClusterMember extends RecordRef {
  rule: string;
}

/** The records of one thing, and the golden record they are linked to. */
export interface IdentityCluster {
  goldenId: string;
  /** In the order of `compareRefs`, the anchor included. */
  members: ClusterMember[];
  anchor: RecordRef | null;
}

export const reviewKinds = ['ambiguous', 'twoAnchors', 'limit', 'keyMoved'] as const;
export type ReviewKind = (typeof reviewKinds)[number];

/** An identity question for a person. */
export interface IdentityReview {
  kind: ReviewKind;
  records: RecordRef[];
  anchors: RecordRef[];
  goldenIds: string[];
  /** All records of each cluster that the question is about; what is in doubt stands first. */
  parts: RecordRef[][];
  /** Plain words, without values. */
  reason: string;
}

export interface IdentityQuestion {
  /** The whole touched component, in any order. */
  records: readonly IdentityRecord[];
  /** Per key: how many records the stream with the most holders has of it, in the whole portal. */
  sharers: Readonly<Record<string, number>>;
  rules: IdentityRules;
  /** The id that a golden record founded by this record has (`goldenIdOf`); attempts differ. */
  newGoldenId: (ref: RecordRef, attempt: number) => string;
  /** Golden id → key of the HubSpot record that it is known to be, where known. */
  heldBy?: Readonly<Record<string, string>>;
  /** What people decided about these records. */
  decisions?: readonly IdentityDecision[];
}

export interface IdentityAnswer {
  clusters: IdentityCluster[];
  reviews: IdentityReview[];
  /** Records in review that belong to no cluster now: not delivered until decided. */
  waiting: RecordRef[];
  /** Golden records that had links and have no record but (perhaps) their anchor any more. */
  emptied: string[];
}

/**
 * The texts that `similar` rules compare, by rule index; rules whose fields are all empty are left out.
 * Lower case, spaces collapsed, Latin, Greek and Cyrillic accents dropped: systems disagree on `José` and `Jose`.
 * The signs of other scripts (vowels in Hindi or Thai) are letters and stay.
 */
export function similarTextOf(values: Record<string, string>, rules: IdentityRules): Record<number, string> {
  const texts: Record<number, string> = {};
  rules.rules.forEach((rule, index) => {
    if (rule.similar === undefined) return;
    const text = foldText(rule.similar.fields.map((field) => values[field] ?? '').join(' '));
    if (text !== '') texts[index] = text;
  });
  return texts;
}

/** The folded values of the `neverJoin` properties that the record has. */
export function limitsOf(values: Record<string, string>, rules: IdentityRules): Record<string, string> {
  const limits: Record<string, string> = {};
  for (const property of rules.neverJoin) {
    const value = (values[property] ?? '').normalize('NFC').trim().toLowerCase();
    if (value !== '') limits[property] = value;
  }
  return limits;
}

function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/gu, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .trim();
}

/** Orders records by source, stream and key, by code units: the same on every machine and in every locale. */
export function compareRefs(a: RecordRef, b: RecordRef): number {
  return compareText(a.source, b.source) || compareText(a.stream, b.stream) || compareText(a.key, b.key);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
