import type { Pool } from 'pg';
import {
  isDelivering,
  settleReferences,
  unsettledStage,
  writeBackPauses,
  type Unsettled,
} from '../db/delivery/settlement';
import { findPortal } from '../db/portals';
import { dailyStop } from '../db/quota/quota';
import { objectTypesOf, type ActivityContext } from './context';
import { stopOfRun } from './laneStops';
import { laneNumbers } from '../domain/record';

/** A run waits out a pause that is over so soon; a longer one ends it as waiting. */
const shortPauseMs = 60_000;

export interface SettledResult {
  settled: boolean;
  deferredUntil: string | null;
  reason: string | null;
  /** What a person must mend before the rest can be settled. */
  failure?: string;
}

/** Looks once how far what a run staged is settled. @returns null while something is under way */
export async function settledResult(
  context: ActivityContext,
  portalId: string,
  runId: string,
): Promise<SettledResult | null> {
  const { pool, now } = context;
  const stage = await unsettledStage(pool, portalId, runId, objectTypesOf(context));
  if (stage === null) {
    await settleReferences(pool, portalId, runId);
    return { settled: true, deferredUntil: null, reason: null };
  }
  if (stage === 'staged') return stoppedLane(context, portalId, runId, stage);
  if (stage === 'writeBacks') {
    const deferred = await stoppedTargets(context, portalId, runId);
    return deferred ?? stoppedLane(context, portalId, runId, stage);
  }
  const portal = await findPortal(pool, portalId);
  if (!portal?.isPaused) {
    const deferred = await stoppedByDay(pool, portalId, runId);
    return deferred ?? stoppedLane(context, portalId, runId, stage);
  }
  const { pausedUntil, pauseReason } = portal;
  if (pausedUntil && pausedUntil.getTime() - now().getTime() < shortPauseMs) return null;
  await settleReferences(pool, portalId, runId);
  return { settled: false, deferredUntil: pausedUntil?.toISOString() ?? null, reason: pauseReason };
}

/** What is left of the run waits for a lane that failed for good. */
async function stoppedLane(
  context: ActivityContext,
  portalId: string,
  runId: string,
  stage: keyof Unsettled,
): Promise<SettledResult | null> {
  const failure = await stopOfRun(context, portalId, runId, stage);
  if (failure === null) return null;
  if (stage !== 'staged') await settleReferences(context.pool, portalId, runId);
  return { settled: false, deferredUntil: null, reason: failure, failure };
}

/** All that is left of the run is for targets that are paused: nobody waits for them. */
async function stoppedTargets(
  context: ActivityContext,
  portalId: string,
  runId: string,
): Promise<SettledResult | null> {
  const { pool } = context;
  const pauses = await writeBackPauses(pool, portalId, runId, objectTypesOf(context));
  if (pauses === null) return null;
  await settleReferences(pool, portalId, runId);
  const ends = pauses.map(({ until }) => until?.getTime() ?? Infinity);
  const last = Math.max(...ends);
  const reason = pauses.map(({ target, reason }) => `${target}: ${reason ?? 'paused'}`).join('; ');
  return { settled: false, deferredUntil: last === Infinity ? null : new Date(last).toISOString(), reason };
}

/** What is left of the run waits for the next day: the calls of this one are kept for more urgent changes. */
async function stoppedByDay(pool: Pool, portalId: string, runId: string): Promise<SettledResult | null> {
  const stop = await dailyStop(pool, portalId, laneNumbers.bulk);
  if (!stop || stop.waitMs < shortPauseMs) return null;
  const stoppedLane = (await dailyStop(pool, portalId, laneNumbers.partner))
    ? laneNumbers.partner
    : laneNumbers.bulk;
  if (await isDelivering(pool, portalId, runId, stoppedLane)) return null;
  await settleReferences(pool, portalId, runId);
  const reason = "what is left of HubSpot's daily calls is kept for urgent changes";
  return { settled: false, deferredUntil: stop.resumeAt.toISOString(), reason };
}
