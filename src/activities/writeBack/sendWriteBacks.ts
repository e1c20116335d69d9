import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import { inTransaction } from '../../db/pool';
import {
  currentBatches,
  leaveBatches,
  releaseBatch,
  splitBatch,
  takeBatch,
  type TakenBatch,
  type TakenIntent,
} from '../../db/delivery/batches';
import { findTarget, noteTargetAnswer, noteTargetFailure, pauseTarget } from '../../db/delivery/targets';
import { breakerPauseMs } from '../../domain/delivery/breaker';
import { writeBackValues } from '../../domain/delivery/decideWriteBack';
import { SourceFailure, type WriteRecord, type WriteResult } from '../../sources/contract';
import { logWave } from '../deliver/waveLog';
import { claimedBatch } from '../deliver/claimedBatch';
import type { ActivityContext } from '../context';
import { hardFailuresMax } from '../quota/limits';
import { giveUpWriteBack, settleWriteBack } from './settleWriteBack';
import { targetsOf, targetStream, type TargetStream } from './targetSettings';
import { laneNumbers } from '../../domain/record';

export interface SendWriteBacksInput {
  portalId: string;
  target: string;
  batchIds: string[];
}

export interface SendWriteBacksResult {
  calls: number;
  delivered: number;
  refused: number;
}

/** One activity's wave of batches for one target. */
export interface TargetWave {
  context: ActivityContext;
  portalId: string;
  target: string;
  streams: TargetStream[];
  result: SendWriteBacksResult;
}

/** So often a batch may fail hard while the target answers others, before it is halved. */
const splitAfterTries = 2;

/**
 * Writes a wave of claimed batches back to a source and settles every batch in a transaction of its own. What the
 * source did not answer is sent again with the same values and the same idempotency keys.
 * @throws SourceFailure, when something must be sent again at once; a target that fails again and again is paused
 */
export function createSendWriteBacks(context: ActivityContext) {
  return async function sendWriteBacks(input: SendWriteBacksInput): Promise<SendWriteBacksResult> {
    const { portalId, target } = input;
    const result: SendWriteBacksResult = { calls: 0, delivered: 0, refused: 0 };
    const batchIds = await currentBatches(context.pool, input.batchIds);
    if ((await findTarget(context.pool, portalId, target))?.isPaused) {
      await leaveBatches(context.pool, batchIds);
      return result;
    }
    const streams = await targetsOf(context, portalId);
    const wave: TargetWave = { context, portalId, target, streams, result };
    const ends = await Promise.allSettled(batchIds.map((batchId) => sendBatch(wave, batchId)));
    logWave(context, 'written_back', { portalId, target }, result);
    const failed = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []));
    const unexpected = failed.find((failure) => !(failure instanceof SourceFailure));
    const failure = unexpected ?? failed[0];
    if (failure) throw failure;
    return result;
  };
}

async function sendBatch(wave: TargetWave, batchId: string): Promise<void> {
  const { context, portalId, target } = wave;
  const { claimMs, callDeadlineMs } = context.limits;
  const expiry = performance.now() + claimMs;
  const taken = claimedBatch(await takeBatch(context.pool, batchId, claimMs, callDeadlineMs));
  if (taken === null) return;
  const batch = { ...taken, intents: rotated(taken.intents, taken.attempts - 1) };
  await context.failpoint('writeBack.sending');
  const stream = targetStream(wave.streams, target, batch.objectType);
  const written = await write(wave, batch, stream, () => performance.now() < expiry);
  await context.failpoint('writeBack.sent');
  wave.result.calls += written.calls;
  const { failure, outcomes } = written;
  const answered = outcomes.some(({ kind }) => kind !== 'unknown');
  if (answered) await noteTargetAnswer(context.pool, portalId, target);
  const open = await settleWriteBack(wave, batch, stream, outcomes);
  await context.failpoint('writeBack.settled');
  if (open === 0) return;
  if (!failure) {
    // The claim ran out, or a record was left open with another one of its person: the next claim takes the rest.
    await release(wave, batch, 'passing', outcomes.length > 0);
    return leaveBatches(context.pool, [batchId]);
  }
  const { isPaused } = await settleFailure(wave, batch, failure, open);
  // A pause is the lane's to wait for, so that whoever ends it wakes it.
  if (!isPaused) throw failure;
  await leaveBatches(context.pool, [batchId]);
  context.log.warn({ event: 'target_paused', portalId, target }, failure.message);
}

/** Each try begins with another record: one that gets no answer, and so ends the try, does not keep the same ones waiting. */
function rotated<Item>(items: Item[], by: number): Item[] {
  const first = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

async function write(
  { context, portalId }: TargetWave,
  batch: TakenBatch,
  { source, stream, fields }: TargetStream,
  mayStart: () => boolean,
): Promise<WriteResult> {
  const { reference } = await context.objectContext(portalId, batch.objectType);
  const records = batch.intents.map((intent): WriteRecord => ({
    key: intent.recordId!,
    values: writeBackValues(intent.properties, fields, stream.map, reference).values,
    idempotencyKey: idempotencyKeyOf(portalId, batch, intent),
  }));
  const opened = await context.openSource(source);
  if (!opened.write) {
    throw ApplicationFailure.nonRetryable(`source ${source.name} cannot be written`, 'configuration');
  }
  return opened.write({
    stream: stream.name,
    options: stream.writeOptions,
    recordKey: stream.recordKey,
    records,
    deadlineMs: context.limits.callDeadlineMs,
    isUrgent: batch.lane === laneNumbers.realtime,
    mayStart,
  });
}

/** One frozen change: the same on every try, also after its batch was split; another one for the next change. */
function idempotencyKeyOf(portalId: string, { rootId }: TakenBatch, intent: TakenIntent): string {
  const { goldenId, recordId, properties } = intent;
  const text = JSON.stringify([portalId, rootId, goldenId, recordId, properties]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function release(
  { context }: TargetWave,
  batch: TakenBatch,
  cause: 'hardFailure' | 'passing',
  mayBe: boolean,
) {
  return releaseBatch(context.pool, batch.batchId, batch.fence, {
    afterMs: 0,
    cause,
    maybeWritten: batch.maybeWritten || mayBe,
  });
}

/**
 * What becomes of the target and of the batch whose call failed. A fault that a person must mend pauses the target until
 * it is resumed, silence in a row for a time. A batch that fails while the target answers others is halved, and at last
 * its only record is a problem.
 */
async function settleFailure(
  wave: TargetWave,
  batch: TakenBatch,
  failure: SourceFailure,
  open: number,
): Promise<{ isPaused: boolean }> {
  const { context, portalId, target } = wave;
  const { pool, limits } = context;
  const { failures, openings } = await noteTargetFailure(pool, portalId, target);
  // At least as long as it asks for: one that keeps saying "at once" and fails is none that works.
  const ownMs = breakerPauseMs(failures, openings, limits.callDeadlineMs / 4) ?? 0;
  const pauseMs = failure.recovery === 'configuration' ? null : Math.max(failure.retryAfterMs ?? 0, ownMs);
  const isPaused = pauseMs !== 0;
  if (isPaused) await pauseTarget(pool, portalId, target, pauseMs, failure.message);
  const isHard = failure.recovery === 'retry' && failures === 1;
  const tries = batch.hardFailures + (isHard ? 1 : 0);
  if (open === 1 && isHard && tries >= hardFailuresMax) {
    const stream = targetStream(wave.streams, target, batch.objectType);
    await giveUpWriteBack(wave, batch, stream, failure.message);
    return { isPaused };
  }
  const goldenIds = new Set(batch.intents.map(({ goldenId }) => goldenId));
  if (isHard && tries >= splitAfterTries && goldenIds.size > 1 && open > 1) {
    await inTransaction(pool, (tx) => splitBatch(tx, batch.batchId, batch.fence, true));
    return { isPaused };
  }
  await release(wave, batch, isHard ? 'hardFailure' : 'passing', true);
  return { isPaused };
}
