import type { Queryable } from './pool';

/** One open problem as people see it. */
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
}

/** What to show; an absent part means all. */
export interface ProblemFilter {
  source?: string;
  objectType?: string;
  kind?: string;
}

const matching = `portal_id = $1 and closed_at is null and ($2::text is null or source = $2)
  and ($3::text is null or object_type = $3) and ($4::text is null or kind = $4)`;

function parameters(portalId: string, { source, objectType, kind }: ProblemFilter): unknown[] {
  return [portalId, source ?? null, objectType ?? null, kind ?? null];
}

/** Open problems, newest first. They name records and hold no values but those that their reasons quote. */
export async function listProblems(
  db: Queryable,
  portalId: string,
  filter: ProblemFilter,
  limit: number,
): Promise<ProblemRow[]> {
  const { rows } = await db.query<ProblemRow>(
    `select problem_id as "problemId", stage, kind, object_type as "objectType", source, stream,
       record_key as "recordKey", golden_id as "goldenId", field, reason, run_id as "runId",
       opened_at as "openedAt", last_seen_at as "lastSeenAt"
     from problems where ${matching} order by problem_id desc limit $5`,
    [...parameters(portalId, filter), limit],
  );
  return rows;
}

/** How many open problems there are, by source, object and kind. */
export async function countProblems(
  db: Queryable,
  portalId: string,
  filter: ProblemFilter,
): Promise<{ source: string | null; objectType: string | null; kind: string; count: number }[]> {
  const { rows } = await db.query<{
    source: string | null;
    objectType: string | null;
    kind: string;
    count: number;
  }>(
    `select source, object_type as "objectType", kind, count(*)::float8 as count from problems
     where ${matching} group by 1, 2, 3 order by 4 desc, 1, 2, 3 limit 1000`,
    parameters(portalId, filter),
  );
  return rows;
}
