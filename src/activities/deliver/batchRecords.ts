import type { ProblemInput } from '../../db/problems/problems';
import type { Queryable } from '../../db/pool';
import type { TakenBatch, TakenIntent } from '../../db/delivery/batches';
import { countByRun } from '../../db/runs/runCounts';

/** A batch's records may come from several runs; its calls are counted for the first. */
export function runIdOf({ intents }: { intents: { runId: string | null }[] }): string | null {
  return intents.find(({ runId }) => runId !== null)?.runId ?? null;
}

function pickIntents(batch: TakenBatch, records: { goldenId: string }[]): TakenIntent[] {
  const ids = new Set(records.map(({ goldenId }) => goldenId));
  return batch.intents.filter(({ goldenId }) => ids.has(goldenId));
}

/** Counts records of a batch under the runs that marked them. */
export function countIntents(
  tx: Queryable,
  portalId: string,
  batch: TakenBatch,
  status: 'created' | 'updated' | 'archived' | 'rejected' | 'problems',
  goldenIds: string[],
): Promise<void> {
  const intents = pickIntents(
    batch,
    goldenIds.map((goldenId) => ({ goldenId })),
  );
  return countByRun(tx, portalId, batch.objectType, status, intents);
}

/** The problem of one record of a batch, with what was sent of it. */
export function problemOf(
  batch: TakenBatch,
  goldenId: string,
  kind: 'rejected' | 'conflict' | 'archived',
  field: string | null,
  reason: string,
): ProblemInput {
  const intent = batch.intents.find((candidate) => candidate.goldenId === goldenId);
  const source = intent?.leadSource ?? null;
  const sent = intent?.properties ?? null;
  return { stage: 'deliver', kind, objectType: batch.objectType, goldenId, source, field, reason, sent };
}
