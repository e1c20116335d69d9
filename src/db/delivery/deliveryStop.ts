import { laneNumbers } from '../../domain/record';
import type { Queryable } from '../pool';
import { findPortal } from '../portals';
import { dailyStop } from '../quota/quota';

/** Why nothing, or only what is urgent, is delivered to a portal now. */
export interface DeliveryStop {
  mode: 'hold' | 'live';
  /** No call is made but one that tries again: after that time, or, where there is none, when a person resumes it. */
  paused: boolean;
  pausedUntil: Date | null;
  pauseReason: string | null;
  /** The day's calls run low: bulk goes on then; null: it is not stopped. */
  bulkStoppedUntil: Date | null;
}

/** What stops delivery now; null for a portal that is not known. */
export async function deliveryStop(db: Queryable, portalId: string): Promise<DeliveryStop | null> {
  const portal = await findPortal(db, portalId);
  if (!portal) return null;
  const { mode, pausedUntil, pauseReason } = portal;
  const paused = portal.isPaused || portal.isBroken;
  const stop = await dailyStop(db, portalId, laneNumbers.bulk);
  return {
    ...{ mode, paused },
    ...(paused ? { pausedUntil, pauseReason } : { pausedUntil: null, pauseReason: null }),
    bulkStoppedUntil: stop?.resumeAt ?? null,
  };
}
