import { createHash } from 'node:crypto';
import type { ProblemKind } from '../domain/record';
import type { Queryable } from './pool';

export type ProblemStage = 'extract' | 'consolidate' | 'deliver' | 'associate';

export interface ProblemInput {
  stage: ProblemStage;
  kind: ProblemKind | 'goneLimit';
  objectType: string | null;
  source?: string | null;
  stream?: string | null;
  key?: string | null;
  goldenId?: string | null;
  field?: string | null;
  /** Plain words, no value. */
  reason: string;
  /** Tells apart faults that have no record: file and line, item number. */
  where?: string;
}

/** Opens problems, or refreshes those already open: the same fault of the same record is one row. */
export async function openProblems(
  db: Queryable,
  portalId: string,
  runId: string | null,
  problems: ProblemInput[],
): Promise<void> {
  if (problems.length === 0) return;
  const rows = new Map(problems.map((problem) => [fingerprintOf(problem), problem]));
  await db.query(
    `insert into problems (portal_id, run_id, stage, kind, object_type, source, stream, record_key, golden_id,
       field, reason, fingerprint)
     select $1, $2, stage, kind, "objectType", source, stream, key, "goldenId", field, reason, fingerprint
     from json_to_recordset($3) as input (stage text, kind text, "objectType" text, source text, stream text,
       key text, "goldenId" uuid, field text, reason text, fingerprint text)
     on conflict (portal_id, fingerprint) where closed_at is null
     do update set last_seen_at = clock_timestamp(), reason = excluded.reason`,
    [
      portalId,
      runId,
      JSON.stringify(
        [...rows].map(([fingerprint, { where, ...problem }]) => ({
          ...problem,
          reason: where ? `${where}: ${problem.reason}` : problem.reason,
          fingerprint,
        })),
      ),
    ],
  );
}

/** Closes the open problems of one stage for these records, except those listed as still true. */
export async function closeRecordProblems(
  db: Queryable,
  portalId: string,
  stage: ProblemStage,
  records: { source: string; stream: string; key: string }[],
  stillOpen: ProblemInput[],
): Promise<void> {
  await db.query(
    `update problems set closed_at = now(), closed_by = 'source'
     from json_to_recordset($3) as input (source text, stream text, key text)
     where problems.portal_id = $1 and problems.stage = $2 and closed_at is null
       and problems.source = input.source and problems.stream = input.stream and problems.record_key = input.key
       and not (fingerprint = any ($4::text[]))`,
    [
      portalId,
      stage,
      JSON.stringify(records.map(({ source, stream, key }) => ({ source, stream, key }))),
      stillOpen.map(fingerprintOf),
    ],
  );
}

/** Closes the open delivery problems of golden records that were delivered, or became unchanged. */
export async function closeGoldenProblems(
  db: Queryable,
  portalId: string,
  objectType: string,
  goldenIds: string[],
): Promise<void> {
  if (goldenIds.length === 0) return;
  await db.query(
    `update problems set closed_at = now(), closed_by = 'delivery'
     where portal_id = $1 and object_type = $2 and golden_id = any ($3::uuid[]) and stage = 'deliver'
       and closed_at is null`,
    [portalId, objectType, goldenIds],
  );
}

/** Closes the `unreadable` problems of a stream that a complete full read did not meet again. */
export async function closeUnseenFaults(
  db: Queryable,
  portalId: string,
  source: string,
  stream: string,
  runId: string,
): Promise<void> {
  await db.query(
    `update problems set closed_at = now(), closed_by = 'source'
     where portal_id = $1 and source = $2 and stream = $3 and stage = 'extract' and closed_at is null
       and last_seen_at < (select started_at from runs where portal_id = $1 and run_id = $4)`,
    [portalId, source, stream, runId],
  );
}

function fingerprintOf(problem: ProblemInput): string {
  const { stage, kind, objectType, source, stream, key, goldenId, field, where } = problem;
  const parts = [stage, kind, objectType, source, stream, key, goldenId, field, where];
  return createHash('sha1').update(JSON.stringify(parts)).digest('hex');
}
