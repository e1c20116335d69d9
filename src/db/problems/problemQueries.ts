import type { Queryable } from '../pool';

/** One problem as people see it. */
export interface ProblemRow {
  problemId: string;
  stage: string;
  kind: string;
  objectType: string | null;
  source: string | null;
  stream: string | null;
  recordKey: string | null;
  goldenId: string | null;
  field: string | null;
  reason: string;
  runId: string | null;
  openedAt: Date;
  lastSeenAt: Date;
  /** Since when a person has it tried again; null when it failed once more, or was never retried. */
  retriedAt: Date | null;
}

/** What to show; an absent part means all. */
export interface ProblemFilter {
  source?: string;
  objectType?: string;
  kind?: string;
  /** Those that were dismissed and would stay closed, instead of the open ones. */
  dismissed?: boolean;
}

/** The condition on table `problems` that a filter means, with its parameters from $1 on. */
export function problemClause(
  portalId: string,
  { source, objectType, kind, dismissed }: ProblemFilter,
): { where: string; values: unknown[] } {
  const state = dismissed ? `closed_by = 'dismissed' and evidence is not null` : 'closed_at is null';
  return {
    where: `problems.portal_id = $1 and ${state} and ($2::text is null or problems.source = $2)
      and ($3::text is null or problems.object_type = $3) and ($4::text is null or problems.kind = $4)`,
    values: [portalId, source ?? null, objectType ?? null, kind ?? null],
  };
}

export const problemColumns = `problem_id as "problemId", problems.stage, problems.kind,
  problems.object_type as "objectType", problems.source, problems.stream, problems.record_key as "recordKey",
  problems.golden_id as "goldenId", problems.field, problems.reason, problems.run_id as "runId",
  problems.opened_at as "openedAt", problems.last_seen_at as "lastSeenAt", problems.retried_at as "retriedAt"`;

/**
 * Open problems, newest first. They name records and hold no values but those that their reasons quote.
 * @param before only those older than this problem: the next page
 */
export async function listProblems(
  db: Queryable,
  portalId: string,
  filter: ProblemFilter,
  limit: number,
  before: string | null = null,
): Promise<ProblemRow[]> {
  const { where, values } = problemClause(portalId, filter);
  const { rows } = await db.query<ProblemRow>(
    `select ${problemColumns} from problems where ${where} and ($6::bigint is null or problem_id < $6)
     order by problem_id desc limit $5`,
    [...values, limit, before],
  );
  return rows;
}

/** How many open problems there are, by source, object and kind. */
export async function countProblems(
  db: Queryable,
  portalId: string,
  filter: ProblemFilter,
): Promise<{ source: string | null; objectType: string | null; kind: string; count: number }[]> {
  const { where, values } = problemClause(portalId, filter);
  const { rows } = await db.query<{
    source: string | null;
    objectType: string | null;
    kind: string;
    count: number;
  }>(
    `select source, object_type as "objectType", kind, count(*)::float8 as count from problems
     where ${where} group by 1, 2, 3 order by 4 desc, 1, 2, 3 limit 1000`,
    values,
  );
  return rows;
}
