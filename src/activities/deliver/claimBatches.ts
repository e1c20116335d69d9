import {
  clearMarks,
  gatheringObjects,
  handOutOrphans,
  insertBatches,
  nextClaimMs,
  parkMarks,
  selectCandidates,
  selectOrphans,
} from '../../db/delivery/claims';
import { coveredProperties } from '../../db/staging/cursors';
import { inTransaction, lockInTransaction, type Queryable } from '../../db/pool';
import { findPortal, type Portal } from '../../db/portals';
import { dailyStop } from '../../db/quota/quota';
import { closeGoldenProblems, openProblems } from '../../db/problems/problems';
import { countByRun } from '../../db/runs/runCounts';
import { hubspotSource } from '../../domain/record';
import { batchSizeMax } from '../../domain/delivery/shapeBatch';
import type { DeliveryLane } from '../../workflows/contracts';
import { probePortal } from './breaker';
import { claimAssociations } from './claimAssociations';
import { decideCandidates, fullBatches, waveBatchesMax, type Decided } from './decideBatches';
import { objectTypesOf, type ActivityContext } from '../context';

/** Looked at per claim: a full wave and some that turn out to be unchanged. */
const candidatesMax = waveBatchesMax * batchSizeMax + 200;

export interface ClaimInput {
  portalId: string;
  lane: DeliveryLane;
}

export interface ClaimResult {
  batchIds: string[];
  kind: 'records' | 'associations';
  /** Nothing to send now, but at this time there may be: a pause that ends, a mark that waits. */
  waitMs: number | null;
  /** `daily`: what is left of HubSpot's day is kept for more urgent lanes. */
  reason: 'hold' | 'paused' | 'daily' | 'dry' | null;
}

/** Somebody else makes a half-open portal's one call just now, or it failed. */
const probeAgainMs = 500;

const laneRanges: Record<DeliveryLane, number[]> = { realtime: [0], bulk: [1, 2] };

const stages = { records: 'deliver', associations: 'associate' } as const;

/** Claims a wave: due records become frozen batches; those that are already as they should be lose their mark. */
export function createClaimBatches(context: ActivityContext) {
  return async function claimBatches({ portalId, lane }: ClaimInput): Promise<ClaimResult> {
    const refreshed = context.refreshStatistics();
    if (lane !== 'realtime') await refreshed;
    const portal = await findPortal(context.pool, portalId);
    const isHalfOpen = portal && portal.isBroken && !portal.isPaused;
    if (isHalfOpen && !(await probePortal(context, portalId))) {
      return { batchIds: [], kind: 'records', waitMs: probeAgainMs, reason: 'paused' };
    }
    const result = await inTransaction(context.pool, async (tx) => {
      await lockInTransaction(tx, `deliver:${portalId}`);
      const claimed = await claimWave(tx, context, portalId, lane);
      if (claimed.batchIds.length > 0) await context.failpoint(`${stages[claimed.kind]}.claiming`);
      return claimed;
    });
    if (result.batchIds.length > 0) await context.failpoint(`${stages[result.kind]}.claimed`);
    return result;
  };
}

async function claimWave(
  tx: Queryable,
  context: ActivityContext,
  portalId: string,
  lane: DeliveryLane,
): Promise<ClaimResult> {
  const nothing = { batchIds: [], kind: 'records' as const };
  const portal = await findPortal(tx, portalId);
  if (!portal || portal.mode === 'hold') return { ...nothing, waitMs: null, reason: 'hold' };
  if (portal.isPaused) {
    const waitMs = portal.pausedUntil ? portal.pausedUntil.getTime() - context.now().getTime() : null;
    return { ...nothing, waitMs: waitMs === null ? null : Math.max(waitMs, 1_000), reason: 'paused' };
  }

  const { lanes, stop } = await openLanes(tx, context, portalId, lane);
  if (lanes.length === 0) return { ...nothing, waitMs: stop?.waitMs ?? null, reason: 'daily' };
  const orphans = await selectOrphans(tx, portalId, lanes, waveBatchesMax, context.limits);
  if (orphans[0]) {
    const kind = orphans[0].kind;
    const batchIds = orphans.filter((orphan) => orphan.kind === kind).map(({ batchId }) => batchId);
    await handOutOrphans(tx, batchIds);
    return { batchIds, kind, waitMs: null, reason: null };
  }
  const objectTypes = objectTypesOf(context);
  const gathering = lane === 'bulk' ? await gatheringObjects(tx, portalId, objectTypes) : new Set<string>();
  for (const { objectType } of context.settings.objects) {
    if (gathering.has(objectType)) continue;
    const batchIds = await claimObject(tx, context, portal, objectType, lanes);
    if (batchIds.length > 0) return { batchIds, kind: 'records', waitMs: null, reason: null };
  }
  const batchIds = stop ? [] : await claimAssociations(tx, context, portalId, lane, gathering);
  if (batchIds.length > 0) return { batchIds, kind: 'associations', waitMs: null, reason: null };
  const nextMs = await nextClaimMs(tx, portalId, lanes, context.limits);
  if (!stop) return { ...nothing, waitMs: nextMs, reason: 'dry' };
  return { ...nothing, waitMs: Math.min(nextMs ?? Infinity, stop.waitMs), reason: 'daily' };
}

/** The lanes that the day's calls still allow: bulk stops first, partner later, urgent changes never. */
async function openLanes(
  tx: Queryable,
  { log }: ActivityContext,
  portalId: string,
  lane: DeliveryLane,
): Promise<{ lanes: number[]; stop: Awaited<ReturnType<typeof dailyStop>> }> {
  const lanes: number[] = [];
  let stop: Awaited<ReturnType<typeof dailyStop>> = null;
  for (const number of laneRanges[lane]) {
    const stopped = await dailyStop(tx, portalId, number);
    if (stopped) stop = stopped;
    else lanes.push(number);
  }
  if (stop) {
    const until = stop.resumeAt.toISOString();
    log.warn(
      { event: 'quota_low', portalId, lane, until },
      `the day's calls run low; ${lane} goes on ${until}`,
    );
  }
  return { lanes, stop };
}

async function claimObject(
  tx: Queryable,
  context: ActivityContext,
  { portalId, batchSize }: Portal,
  objectType: string,
  lanes: number[],
): Promise<string[]> {
  const object = await context.objectContext(portalId, objectType);
  // No write before one complete list read of that object with all its properties: unknown is not empty (DESIGN §5.3).
  const covers = await coveredProperties(tx, portalId, hubspotSource, objectType);
  const existing = object.portal.properties.map(({ name }) => name);
  if (covers === null) return [];
  if (object.settings.properties.some((name) => existing.includes(name) && !covers.includes(name))) return [];
  for (;;) {
    const candidates = await selectCandidates(tx, portalId, objectType, lanes, candidatesMax);
    if (candidates.length === 0) return [];
    const decided = decideCandidates(candidates, object.rules);
    await settleWithoutCall(tx, portalId, objectType, decided);
    const isLast = candidates.length < candidatesMax;
    const batches = fullBatches(decided, objectType, batchSize, isLast);
    if (batches.length > 0) return insertBatches(tx, portalId, batches);
    if (isLast) return [];
    // All that was looked at needs no call, or too few of each kind: its marks are gone, look at the next ones.
    if (decided.unchanged.length + decided.parked.length === 0) {
      return insertBatches(tx, portalId, fullBatches(decided, objectType, batchSize, true));
    }
  }
}

async function settleWithoutCall(
  tx: Queryable,
  portalId: string,
  objectType: string,
  { unchanged, parked }: Decided,
): Promise<void> {
  const unchangedIds = unchanged.map(({ goldenId }) => goldenId);
  await clearMarks(tx, portalId, objectType, unchangedIds);
  await closeGoldenProblems(tx, portalId, objectType, unchangedIds);
  await parkMarks(
    tx,
    portalId,
    objectType,
    parked.map(({ candidate }) => candidate.goldenId),
  );
  const problems = parked.map(({ problem }) => ({ ...problem, stage: 'deliver' as const, objectType }));
  await openProblems(tx, portalId, parked[0]?.candidate.runId ?? null, problems);
  await countByRun(tx, portalId, objectType, 'unchanged', unchanged);
  await countByRun(
    tx,
    portalId,
    objectType,
    'problems',
    parked.map(({ candidate }) => candidate),
  );
}
