import { inTransaction, type Queryable } from '../../db/pool';
import { closeGoldenProblems, openProblems, type ProblemInput } from '../../db/problems/problems';
import { endIntents } from '../../db/delivery/settle';
import { lockBatch, type TakenBatch, type TakenIntent } from '../../db/delivery/batches';
import { dropIntents, settleWrittenBack } from '../../db/delivery/writeBackSettle';
import type { WriteOutcome } from '../../sources/contract';
import { countByRun } from '../../db/runs/runCounts';
import type { TargetWave } from './sendWriteBacks';
import type { TargetStream } from './targetSettings';

/** One change with what became of it; null: not known. */
interface Answered {
  intent: TakenIntent & { recordId: string };
  outcome: WriteOutcome | null;
}

/**
 * Settles what a target answered in one transaction: known states, ledger, marks, problems. An answer that comes after
 * the claim was taken over changes nothing.
 * @param outcomes in the order of the batch's changes
 * @returns how many changes are still open
 */
export async function settleWriteBack(
  wave: TargetWave,
  batch: TakenBatch,
  stream: TargetStream,
  outcomes: WriteOutcome[],
): Promise<number> {
  const { context, portalId, target, result } = wave;
  const answered = batch.intents.map((intent, index): Answered => {
    const outcome = outcomes[index] ?? null;
    return {
      intent: { ...intent, recordId: intent.recordId! },
      outcome: outcome?.kind === 'unknown' ? null : outcome,
    };
  });
  const isOpen = new Set(answered.filter(({ outcome }) => !outcome).map(({ intent }) => intent.goldenId));
  const accepted = answered.filter(({ outcome }) => outcome?.kind === 'accepted');
  const ended = answered.filter(({ intent }) => !isOpen.has(intent.goldenId));
  const refused = ended.filter(({ outcome }) => outcome?.kind === 'refused');
  const refusedIds = idsOf(refused);
  const deliveredIds = idsOf(ended).filter((goldenId) => !refusedIds.includes(goldenId));
  return inTransaction(context.pool, async (tx) => {
    if (!(await lockBatch(tx, batch.batchId, batch.fence))) return 0;
    const writtenBack = accepted.map(({ intent }) => intent);
    await settleWrittenBack(tx, portalId, batch, target, writtenBack);
    await closeGoldenProblems(tx, portalId, batch.objectType, deliveredIds, target);
    await openProblems(
      tx,
      portalId,
      batch.intents[0]?.runId ?? null,
      refused.map(({ intent, outcome }) => problemOf(batch, stream, intent, outcome)),
    );
    await count(tx, portalId, batch, 'writtenBack', accepted);
    await count(tx, portalId, batch, 'rejected', refused);
    await count(tx, portalId, batch, 'problems', refused);
    await endIntents(tx, portalId, batch, deliveredIds, 'delivered', target);
    await endIntents(tx, portalId, batch, refusedIds, 'parked', target);
    const settledAlone = writtenBack.filter(({ goldenId }) => isOpen.has(goldenId));
    await dropIntents(tx, batch.batchId, settledAlone);
    await context.failpoint('writeBack.settling');
    result.delivered += accepted.length;
    result.refused += refused.length;
    return answered.length - ended.length - settledAlone.length;
  });
}

/** Makes the records of a batch problems: the target fails them again and again, while it answers others. */
export async function giveUpWriteBack(
  { context, portalId, target }: TargetWave,
  batch: TakenBatch,
  stream: TargetStream,
  reason: string,
): Promise<void> {
  await inTransaction(context.pool, async (tx) => {
    if (!(await lockBatch(tx, batch.batchId, batch.fence))) return;
    const problems = batch.intents.map((intent) =>
      problemOf(batch, stream, intent, { kind: 'refused', reason: `fails this record: ${reason}` }),
    );
    await openProblems(tx, portalId, batch.intents[0]?.runId ?? null, problems);
    const goldenIds = [...new Set(batch.intents.map(({ goldenId }) => goldenId))];
    await countByRun(tx, portalId, batch.objectType, 'problems', batch.intents);
    await endIntents(tx, portalId, batch, goldenIds, 'parked', target);
  });
}

function problemOf(
  { objectType }: TakenBatch,
  { target, stream }: TargetStream,
  { goldenId, properties }: TakenIntent,
  outcome: WriteOutcome | null,
): ProblemInput {
  const reason = `${target} ${outcome?.kind === 'refused' ? outcome.reason : 'does not answer'}`;
  const where = {
    stage: 'deliver' as const,
    objectType,
    goldenId,
    source: target,
    stream: stream.name,
    target,
  };
  return { ...where, kind: 'rejected', field: null, reason, sent: properties };
}

function count(
  tx: Queryable,
  portalId: string,
  { objectType }: TakenBatch,
  status: 'writtenBack' | 'rejected' | 'problems',
  answered: Answered[],
): Promise<void> {
  return countByRun(
    tx,
    portalId,
    objectType,
    status,
    answered.map(({ intent }) => intent),
  );
}

function idsOf(answered: Answered[]): string[] {
  return [...new Set(answered.map(({ intent }) => intent.goldenId))];
}
