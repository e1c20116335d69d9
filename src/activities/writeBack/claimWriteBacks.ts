import {
  clearMarks,
  gatheringObjects,
  handOutOrphans,
  insertBatches,
  nextClaimMs,
  parkMarks,
  selectOrphans,
  type NewIntent,
} from '../../db/delivery/claims';
import { inTransaction, lockInTransaction, type Queryable } from '../../db/pool';
import { findPortal } from '../../db/portals';
import { closeGoldenProblems, openProblems, type ProblemInput } from '../../db/problems/problems';
import { findTarget } from '../../db/delivery/targets';
import {
  dropForeignMarks,
  selectWriteBacks,
  type WriteBackCandidate,
} from '../../db/delivery/writeBackClaims';
import { decideWriteBack, writeBackRules, writeBackValues } from '../../domain/delivery/decideWriteBack';
import { evenBatches } from '../../domain/delivery/evenBatches';
import type { FieldRule } from '../../domain/rules';
import { countByRun } from '../../db/runs/runCounts';
import type { ActivityContext } from '../context';
import type { ObjectContext } from '../objectContext';
import { targetsOf, type TargetStream } from './targetSettings';
import { laneNumbers } from '../../domain/record';

/** Batches per wave, sent side by side. */
const waveBatchesMax = 4;
/** Records per batch: what is written one call after the other must fit into a claim. */
const batchRecordsMax = 25;
/** Fewer are not worth a batch of their own, which costs a settlement. */
const batchRecordsMin = 4;
const candidatesMax = waveBatchesMax * batchRecordsMax;
/** Tries of a batch after which it is no test of a target that fails. */
const suspectAfterTries = 3;

export interface ClaimWriteBacksInput {
  portalId: string;
  target: string;
}

export interface ClaimWriteBacksResult {
  batchIds: string[];
  /** Nothing to send now, but at this time there may be: a pause that ends, a batch that nobody works on. */
  waitMs: number | null;
  reason: 'hold' | 'off' | 'paused' | 'dry' | null;
}

const allLanes = Object.values(laneNumbers);

/** Claims a wave of write-backs for a source: due records become frozen batches; those that are right lose their mark. */
export function createClaimWriteBacks(context: ActivityContext) {
  return async function claimWriteBacks(input: ClaimWriteBacksInput): Promise<ClaimWriteBacksResult> {
    const { portalId, target } = input;
    const targets = await targetsOf(context, portalId);
    if (!targets.some((stream) => stream.target === target))
      return { batchIds: [], waitMs: null, reason: 'off' };
    const claimed = await inTransaction(context.pool, async (tx) => {
      // That of delivery: whoever erases a person holds it, and nothing of her may be frozen meanwhile.
      await lockInTransaction(tx, `deliver:${portalId}`);
      const result = await claimWave(tx, context, input, targets);
      if (result.batchIds.length > 0) await context.failpoint('writeBack.claiming');
      return result;
    });
    if (claimed.batchIds.length > 0) await context.failpoint('writeBack.claimed');
    return claimed;
  };
}

async function claimWave(
  tx: Queryable,
  context: ActivityContext,
  { portalId, target }: ClaimWriteBacksInput,
  targets: TargetStream[],
): Promise<ClaimWriteBacksResult> {
  const { limits } = context;
  const streams = targets.filter((stream) => stream.target === target);
  const portal = await findPortal(tx, portalId);
  if (!portal || portal.mode === 'hold') return { batchIds: [], waitMs: null, reason: 'hold' };
  const state = await findTarget(tx, portalId, target);
  if (state?.isPaused) {
    const waitMs = state.pausedUntil ? state.pausedUntil.getTime() - context.now().getTime() : null;
    return { batchIds: [], waitMs: waitMs === null ? null : Math.max(waitMs, 1), reason: 'paused' };
  }
  // What failed last is tried with one batch, whose first call decides.
  const batchesMax = state?.isBroken ? 1 : waveBatchesMax;
  const orphans = await selectOrphans(tx, portalId, allLanes, batchesMax, limits, target);
  if (orphans.some(({ objectType }) => !streams.some((stream) => stream.objectType === objectType))) {
    // Frozen for a stream that took write-backs then.
    await dropForeignMarks(tx, portalId, targets);
    return claimWave(tx, context, { portalId, target }, targets);
  }
  const orphanIds = orphans.map(({ batchId }) => batchId);
  // Whether the target is down or these fail for their own sake, only another change can tell.
  const areSuspect =
    state?.isBroken === true && orphans.every(({ attempts }) => attempts >= suspectAfterTries);
  if (orphanIds.length > 0 && !areSuspect) {
    await handOutOrphans(tx, orphanIds);
    return { batchIds: orphanIds, waitMs: null, reason: null };
  }
  const gathering = await gatheringObjects(
    tx,
    portalId,
    streams.map(({ objectType }) => objectType),
  );
  for (const stream of streams) {
    const laneMax = gathering.has(stream.objectType) ? laneNumbers.realtime : laneNumbers.bulk;
    const limit = orphanIds.length > 0 ? 1 : Math.min(candidatesMax, batchesMax * batchRecordsMax);
    const batchIds = await claimObject(tx, context, portalId, stream, laneMax, { batchesMax, limit });
    if (batchIds.length > 0) return { batchIds, waitMs: null, reason: null };
  }
  if (orphanIds.length > 0) {
    await handOutOrphans(tx, orphanIds);
    return { batchIds: orphanIds, waitMs: null, reason: null };
  }
  return {
    batchIds: [],
    waitMs: await nextClaimMs(tx, portalId, allLanes, limits, target),
    reason: 'dry',
  };
}

async function claimObject(
  tx: Queryable,
  context: ActivityContext,
  portalId: string,
  stream: TargetStream,
  laneMax: number,
  { batchesMax, limit }: { batchesMax: number; limit: number },
): Promise<string[]> {
  const { target, objectType } = stream;
  const object = await context.objectContext(portalId, objectType);
  const scope = { portalId, target, objectType, stream: stream.stream.name };
  for (;;) {
    const found = await selectWriteBacks(tx, scope, laneMax, limit);
    if (found.length === 0) return [];
    // What a person changed goes alone: a wave that is filled with others takes as long as they do.
    const isUrgent = found[0]!.lane === laneNumbers.realtime;
    const candidates = found.filter(({ lane }) => !isUrgent || lane === laneNumbers.realtime);
    const decided = decideAll(candidates, stream, object);
    const unchanged = [...decided.unchanged];
    await clearMarks(tx, portalId, objectType, unchanged, target);
    await closeGoldenProblems(tx, portalId, objectType, unchanged, target);
    await park(tx, portalId, objectType, target, decided);
    const changes = evenBatches(decided.changes, {
      batchesMax,
      sizeMin: batchRecordsMin,
      sizeMax: batchRecordsMax,
    });
    if (changes.length === 0) continue;
    return insertBatches(
      tx,
      portalId,
      changes.map((part) => ({
        objectType,
        operation: 'update' as const,
        lane: Math.min(...part.map(({ lane }) => lane)),
        intents: part.flatMap(({ intents }) => intents),
      })),
      target,
    );
  }
}

interface Change {
  goldenId: string;
  lane: number;
  /** One per record of the golden record there that differs. */
  intents: NewIntent[];
}

interface Decided {
  changes: Change[];
  /** Golden ids of records that need nothing. */
  unchanged: Set<string>;
  parked: { candidate: WriteBackCandidate; problem: ProblemInput }[];
}

function decideAll(
  candidates: WriteBackCandidate[],
  { target, stream, fields, objectType }: TargetStream,
  { rules, reference }: ObjectContext,
): Decided {
  const properties = writeBackRules(rules, fields);
  const changes = new Map<string, Change>();
  const parked = new Map<string, Decided['parked'][number]>();
  const all = new Set(candidates.map(({ goldenId }) => goldenId));
  for (const candidate of candidates) {
    const { goldenId, lane, runId, version, recordId } = candidate;
    const wanted = wantedOf(candidate, { source: target, stream: stream.name }, properties);
    if (recordId === null || Object.keys(wanted).length === 0) continue;
    const [fault] = writeBackValues(wanted, fields, stream.map, reference).faults;
    if (fault) {
      const { kind, field, reason } = fault;
      const where = { stage: 'deliver' as const, objectType, goldenId, source: target, target };
      parked.set(goldenId, { candidate, problem: { ...where, stream: stream.name, kind, field, reason } });
      continue;
    }
    const change = changes.get(goldenId) ?? { goldenId, lane, intents: [] };
    changes.set(goldenId, change);
    const before = Object.fromEntries(
      Object.keys(wanted).map((name) => [name, candidate.kept?.[name] ?? null]),
    );
    change.intents.push({
      goldenId,
      recordId,
      properties: wanted,
      before,
      version,
      runId,
      leadSource: target,
    });
  }
  for (const goldenId of parked.keys()) changes.delete(goldenId);
  for (const goldenId of [...changes.keys(), ...parked.keys()]) all.delete(goldenId);
  return { changes: [...changes.values()], unchanged: all, parked: [...parked.values()] };
}

function wantedOf(
  { recordId, kept, sent, ...golden }: WriteBackCandidate,
  { source, stream }: { source: string; stream: string },
  properties: readonly FieldRule[],
): Record<string, string> {
  if (recordId === null) return {};
  const known = { kept: kept ?? {}, sent: sent ?? {} };
  return decideWriteBack(golden, { source, stream, key: recordId }, known, properties);
}

async function park(
  tx: Queryable,
  portalId: string,
  objectType: string,
  target: string,
  { parked }: Decided,
): Promise<void> {
  if (parked.length === 0) return;
  const candidates = parked.map(({ candidate }) => ({ ...candidate, leadSource: target }));
  const goldenIds = candidates.map(({ goldenId }) => goldenId);
  await parkMarks(tx, portalId, objectType, goldenIds, target);
  const problems = parked.map(({ problem }) => problem);
  await openProblems(tx, portalId, candidates[0]!.runId, problems);
  await countByRun(tx, portalId, objectType, 'problems', candidates);
}
