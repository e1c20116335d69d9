import { shrinkBatches } from '../../db/delivery/breaker';
import { inTransaction, type Queryable } from '../../db/pool';
import { pauseInstallation } from '../../db/oauth/oauthInstall';
import { msUntilDailyReset } from '../../db/portals';
import { dissolveBatch, leaveBatches, lockBatch, releaseBatch, splitBatch } from '../../db/delivery/batches';
import { halvedBatchSize } from '../../domain/delivery/breaker';
import type { HubSpotFailure } from '../../hubspot/hubspotFailure';
import type { ActivityContext } from '../context';
import { hardFailuresMax } from '../quota/limits';

/** What both kinds of batches have in common when their call fails. */
export interface FailedBatch {
  batchId: string;
  fence: string;
  hardFailures: number;
  maybeWritten: boolean;
  size: number;
  /** That of its portal before it was sent (`installationOf`). */
  installation: string | null;
  /** Makes its only record a problem: HubSpot fails it again and again. */
  giveUp: (tx: Queryable, reason: string) => Promise<void>;
}

/**
 * What becomes of a batch whose call failed.
 * - While its portal is paused, a batch that HubSpot surely did not apply is dissolved: its records wait as marks, to
 *   be compared anew. One that may have been applied is kept: only repeating the same body ends in a known state.
 * - What HubSpot could not take at once is halved after a few tries, and the next batches are smaller.
 * - A single record that HubSpot fails again and again, while it answers other calls, becomes a problem.
 * - Else the same body is sent again.
 */
export async function settleFailure(
  { pool }: ActivityContext,
  portalId: string,
  batch: FailedBatch,
  failure: HubSpotFailure,
): Promise<void> {
  const { verdict } = failure;
  const { batchId, fence, size } = batch;
  const maybeWritten = batch.maybeWritten || verdict.mayHaveWritten;
  if (verdict.action === 'pausePortal' || verdict.action === 'defect') {
    const untilMs =
      verdict.until === 'dailyReset' ? await msUntilDailyReset(pool, portalId) : verdict.afterMs;
    await pauseInstallation(pool, portalId, batch.installation, untilMs, failure.message);
    if (!maybeWritten) return dissolveBatch(pool, batchId, fence);
    await releaseBatch(pool, batchId, fence, { afterMs: 0, cause: 'passing', maybeWritten });
    return leaveBatches(pool, [batchId]);
  }
  if (verdict.shrinkBatch && size > 1) await shrinkBatches(pool, portalId, halvedBatchSize(size));
  const isHard = isHardFailure(failure);
  const tries = batch.hardFailures + (isHard ? 1 : 0);
  if (size > 1 && verdict.splitAfterTries !== null && tries >= verdict.splitAfterTries) {
    await inTransaction(pool, (tx) => splitBatch(tx, batchId, fence, maybeWritten));
    return;
  }
  if (size === 1 && isHard && tries >= hardFailuresMax) {
    await inTransaction(pool, async (tx) => {
      if (await lockBatch(tx, batchId, fence)) await batch.giveUp(tx, failure.message);
    });
    return;
  }
  const cause = isHard ? 'hardFailure' : 'passing';
  await releaseBatch(pool, batchId, fence, { afterMs: verdict.afterMs ?? 0, cause, maybeWritten });
}

/** Internal errors, gateways, silence: a record, or so many at once, may be the cause. */
function isHardFailure({ status, verdict }: HubSpotFailure): boolean {
  return status === null ? verdict.shrinkBatch : status >= 500;
}
