import { decideAssociation, decideDelivery } from '../../domain/delivery/decideDelivery';
import { hubspotSource } from '../../domain/record';
import type { ObjectRules } from '../../domain/rules';
import { coveredProperties } from './cursors';
import {
  countAdopted,
  firstGolden,
  planAssociationsPage,
  planPage,
  planPairs,
  type PlanCandidate,
} from '../delivery/plan';
import type { Queryable } from '../pool';
import { loadPortalReference } from './referenceData';

/** What delivery would do to one record. */
export interface PlannedChange {
  operation: 'create' | 'update' | 'archive';
  goldenId: string;
  /** null: HubSpot has none yet. */
  recordId: string | null;
  /** HubSpot had it before; this would be our first write to it. */
  adopted: boolean;
  leadSource: string;
  /** `before` null: HubSpot holds nothing; `after` '': it is cleared. */
  fields: { property: string; before: string | null; after: string }[];
}

export interface ObjectPlan {
  objectType: string;
  /** Nothing is written before HubSpot's own records were read completely, with all these properties. */
  unread: { never: boolean; properties: string[] };
  creates: number;
  updates: number;
  archives: number;
  /** Records of HubSpot that are linked to ours and were never written by us, changed or not. */
  adoptions: number;
  /** Due, but already as they should be. */
  unchanged: number;
  /** Cannot be delivered as they are; delivery will make problems of them. */
  undeliverable: number;
  /** The first of the changes, at most as many as asked for. */
  changes: PlannedChange[];
}

export interface PairPlan {
  fromObject: string;
  toObject: string;
  associate: number;
  dissociate: number;
  unchanged: number;
  /** Their label does not exist in the portal. */
  unknownLabel: number;
}

export interface PlanInput {
  portalId: string;
  /** `properties`: those that the portal has, of the ones that the configuration reads or writes. */
  objects: { objectType: string; rules: ObjectRules; properties: string[] }[];
  /** Changes listed per object; the totals are always of all. */
  limit: number;
}

const pageSize = 1_000;
/** Pages looked through per object or pair of objects: ten million records. */
const pagesMax = 10_000;

/**
 * What delivery would do now: the same difference that it computes when it claims, read only. Call in one
 * repeatable-read transaction where others write at the same time and the totals must agree.
 */
export async function readPlan(
  db: Queryable,
  { portalId, objects, limit }: PlanInput,
): Promise<{ objects: ObjectPlan[]; associations: PairPlan[] }> {
  const plans: ObjectPlan[] = [];
  for (const object of objects) plans.push(await readObject(db, portalId, object, limit));
  const associations: PairPlan[] = [];
  for (const pair of await planPairs(db, portalId)) associations.push(await readPair(db, portalId, pair));
  return { objects: plans, associations };
}

async function readObject(
  db: Queryable,
  portalId: string,
  { objectType, rules, properties }: PlanInput['objects'][number],
  limit: number,
): Promise<ObjectPlan> {
  const covers = await coveredProperties(db, portalId, hubspotSource, objectType);
  const plan: ObjectPlan = {
    objectType,
    unread: { never: covers === null, properties: properties.filter((name) => !covers?.includes(name)) },
    ...{ creates: 0, updates: 0, archives: 0, unchanged: 0, undeliverable: 0, changes: [] },
    adoptions: await countAdopted(db, portalId, objectType),
  };
  let after = firstGolden;
  for (let page = 0; page < pagesMax; page += 1) {
    const candidates = await planPage(db, portalId, objectType, after, pageSize);
    for (const candidate of candidates) note(plan, decideChange(candidate, rules), limit);
    if (candidates.length < pageSize) return plan;
    after = candidates.at(-1)!.goldenId;
  }
  return plan;
}

function note(plan: ObjectPlan, decided: PlannedChange | 'unchanged' | 'undeliverable', limit: number): void {
  if (typeof decided === 'string') plan[decided] += 1;
  else {
    plan[`${decided.operation}s`] += 1;
    if (plan.changes.length < limit) plan.changes.push(decided);
  }
}

/** What delivery decides about one due record, field by field. */
function decideChange(
  candidate: PlanCandidate,
  rules: ObjectRules,
): PlannedChange | 'unchanged' | 'undeliverable' {
  const { goldenId, recordId, adopted, leadSource, kept } = candidate;
  const change = { goldenId, recordId, adopted, leadSource };
  const decision = decideDelivery(candidate, rules);
  if (decision.kind === 'unchanged') return 'unchanged';
  if (decision.kind === 'leftArchived' || decision.kind === 'mergedAway' || decision.kind === 'bare')
    return 'undeliverable';
  if (decision.kind === 'archive') return { operation: 'archive', ...change, fields: [] };
  const fields = Object.entries(decision.properties)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([property, after]) => ({ property, before: kept?.[property] || null, after }));
  return { operation: decision.kind, ...change, fields };
}

async function readPair(
  db: Queryable,
  portalId: string,
  pair: { fromObject: string; toObject: string },
): Promise<PairPlan> {
  const plan: PairPlan = { ...pair, associate: 0, dissociate: 0, unchanged: 0, unknownLabel: 0 };
  const reference = await loadPortalReference(db, portalId, pair.fromObject);
  const labels = (reference?.labels ?? []).filter((label) => label.toObject === pair.toObject);
  let after = { fromGolden: firstGolden, toGolden: firstGolden };
  for (let page = 0; page < pagesMax; page += 1) {
    const found = await planAssociationsPage(db, portalId, pair, after, pageSize);
    for (const association of found) plan[decideAssociation(association, labels).kind] += 1;
    if (found.length < pageSize) return plan;
    after = found.at(-1)!;
  }
  return plan;
}
