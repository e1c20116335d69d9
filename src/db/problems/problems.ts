import { createHash } from 'node:crypto';
import type { ProblemKind } from '../../domain/record';
import type { Queryable } from '../pool';

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
  /** The source that a write-back went to; absent: HubSpot, or no delivery. */
  target?: string | null;
  /** The other end, where an association failed. */
  toGolden?: string | null;
  /** What HubSpot refused, as it was sent. */
  sent?: Record<string, string> | null;
  /** Plain words, no value. */
  reason: string;
  /** Tells apart faults that have no record: file and line, item number. */
  where?: string;
  /** Tells them apart instead, where the place changes from read to read: a digest of the item itself. */
  content?: string;
}

/**
 * Opens problems, or refreshes those already open: the same fault of the same record is one row. One that a person
 * dismissed stays closed while its record and its reason are what they were then. A delivery fails for the reasons that
 * it has now: those of an earlier try of the same record, or pair of records, are closed. Give all of a try at once.
 */
export async function openProblems(
  db: Queryable,
  portalId: string,
  runId: string | null,
  problems: ProblemInput[],
): Promise<void> {
  if (problems.length === 0) return;
  const rows = new Map(problems.map((problem) => [fingerprintOf(problem), problem]));
  await db.query(
    `with input as materialized (
       select * from json_to_recordset($3) as input (stage text, kind text, "objectType" text, source text, stream text,
         key text, "goldenId" uuid, field text, reason text, fingerprint text, "toGolden" uuid, sent jsonb, content text,
         target text)),
     superseded as (
       update problems old set closed_at = clock_timestamp(), closed_by = 'superseded' from input
       where old.portal_id = $1 and old.object_type = input."objectType" and old.golden_id = input."goldenId"
         and old.closed_at is null and old.stage = input.stage and input.stage in ('deliver', 'associate')
         and old.target is not distinct from input.target and old.stream is not distinct from input.stream
         and old.to_golden is not distinct from input."toGolden" and not (old.fingerprint = any ($4::text[])))
     insert into problems (portal_id, run_id, stage, kind, object_type, source, stream, record_key, golden_id,
       field, reason, fingerprint, to_golden, sent, target)
     select $1, $2, stage, kind, "objectType", source, stream, key, "goldenId", field, reason, fingerprint,
       "toGolden", sent, target
     from input where not exists (select from problems old
       where old.portal_id = $1 and old.fingerprint = input.fingerprint and old.closed_by = 'dismissed'
         and (input.content is not null or old.evidence = problem_evidence($1, input.source, input.stream,
           input.key, input."objectType", input."goldenId", input.reason)))
     on conflict (portal_id, fingerprint) where closed_at is null do update set
       last_seen_at = clock_timestamp(), reason = excluded.reason, sent = excluded.sent, retried_at = null`,
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
      [...rows.keys()],
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
    `update problems set closed_at = now(),
       closed_by = case when retried_at is null then 'source' else 'retry' end
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

/**
 * Closes the open delivery problems of golden records that were delivered, or became unchanged.
 * @param target the source that they were written back to; null: HubSpot
 */
export async function closeGoldenProblems(
  db: Queryable,
  portalId: string,
  objectType: string,
  goldenIds: string[],
  target: string | null = null,
): Promise<void> {
  if (goldenIds.length === 0) return;
  await db.query(
    `update problems set closed_at = now(),
       closed_by = case when retried_at is null then 'delivery' else 'retry' end
     where portal_id = $1 and object_type = $2 and golden_id = any ($3::uuid[]) and stage = 'deliver'
       and target is not distinct from $4 and closed_at is null`,
    [portalId, objectType, goldenIds, target],
  );
}

/** Closes the open problems of associations that were written, or already are as they should be. */
export async function closeAssociationProblems(
  db: Queryable,
  portalId: string,
  fromObject: string,
  toObject: string,
  pairs: { fromGolden: string; toGolden: string }[],
): Promise<void> {
  if (pairs.length === 0) return;
  await db.query(
    `update problems set closed_at = now(),
       closed_by = case when retried_at is null then 'delivery' else 'retry' end
     from json_to_recordset($4) as pair ("fromGolden" uuid, "toGolden" uuid)
     where portal_id = $1 and stage = 'associate' and object_type = $2 and field = $3 and closed_at is null
       and golden_id = pair."fromGolden" and to_golden = pair."toGolden"`,
    [
      portalId,
      fromObject,
      toObject,
      JSON.stringify(pairs.map(({ fromGolden, toGolden }) => ({ fromGolden, toGolden }))),
    ],
  );
}

/** Closes the problems of pairs whose wishes stood against others, and stand no more. */
export async function closeContested(
  db: Queryable,
  portalId: string,
  pairs: { fromObject: string; fromGolden: string; toObject: string; toGolden: string }[],
): Promise<void> {
  if (pairs.length === 0) return;
  await db.query(
    `update problems set closed_at = now(), closed_by = 'source'
     from json_to_recordset($2) as pair ("fromObject" text, "fromGolden" uuid, "toObject" text, "toGolden" uuid)
     where portal_id = $1 and stage = 'consolidate' and kind = 'conflict' and object_type = pair."fromObject"
       and field = pair."toObject" and closed_at is null and golden_id = pair."fromGolden"
       and to_golden = pair."toGolden"`,
    [portalId, JSON.stringify(pairs)],
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

/** Whether a run met rows of a stream that it could not read and that have no key: any record may be among them. */
export async function metUnreadable(
  db: Queryable,
  portalId: string,
  source: string,
  stream: string,
  runId: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from problems
     where portal_id = $1 and source = $2 and stream = $3 and record_key is null and closed_at is null
       and stage = 'extract' and kind = 'unreadable'
       and last_seen_at >= (select started_at from runs where portal_id = $1 and run_id = $4) limit 1`,
    [portalId, source, stream, runId],
  );
  return rowCount === 1;
}

/**
 * Closes the `unreadable` problems of a file whose name is read anew from its first line, except those listed: the
 * file was corrected and dropped again.
 */
export async function closeFileFaults(
  db: Queryable,
  portalId: string,
  source: string,
  stream: string,
  file: string,
  stillOpen: ProblemInput[],
): Promise<void> {
  await db.query(
    `update problems set closed_at = now(), closed_by = 'source'
     where portal_id = $1 and source = $2 and stream = $3 and stage = 'extract' and kind = 'unreadable'
       and closed_at is null and starts_with(reason, $4 || ':') and not (fingerprint = any ($5::text[]))`,
    [portalId, source, stream, file, stillOpen.map(fingerprintOf)],
  );
}

function fingerprintOf(problem: ProblemInput): string {
  const { stage, kind, objectType, source, stream, key, goldenId, field, where, content } = problem;
  const { toGolden, target } = problem;
  const parts = [stage, kind, objectType, source, stream, key, goldenId, field, content ?? where];
  if (toGolden) parts.push(toGolden);
  if (target) parts.push(target);
  return createHash('sha1').update(JSON.stringify(parts)).digest('hex');
}
