import type { Pool } from 'pg';
import { distinctBells, type LaneBell } from '../runs/laneBells';
import { inTransaction, type Queryable } from '../pool';
import { problemClause, type ProblemFilter } from './problemQueries';

/** Which problems: these, or all open ones of a source, object type and kind (all where nothing is said). */
export type ProblemSelection = { ids: string[] } | { filter: ProblemFilter };

/** How many problems one action takes; more are left, and said. */
const problemsPerActionMax = 20_000;

export interface RetryOutcome {
  retried: number;
  /** What cannot be tried again from here, and what can be done instead. */
  notRetried: { problemId: string; reason: string }[];
  /** How many were not looked at, because there were more than one action takes. */
  left: number;
  bells: LaneBell[];
}

/**
 * Makes the records behind problems due again: their staged rows, their marks, or their associations. A problem stays
 * open until its record succeeds, which closes it. A dismissed one that is named by its id is forgotten as dismissed.
 */
export function retryProblems(
  pool: Pool,
  portalId: string,
  selection: ProblemSelection,
): Promise<RetryOutcome> {
  return inTransaction(pool, async (tx) => {
    const { chosen, left } = await choose(tx, portalId, selection, true);
    const staged = await retryStaged(tx, portalId, chosen.filter(isStaged));
    const marked = await retryMarks(tx, portalId, chosen.filter(isMark));
    const paired = await retryPairs(tx, portalId, chosen.filter(isPair));
    const retried = new Set([...staged, ...marked, ...paired].map(({ problemId }) => problemId));
    await tx.query(
      `update problems set retried_at = now(), evidence = null
       where portal_id = $1 and problem_id = any ($2::bigint[])`,
      [portalId, [...retried]],
    );
    return {
      retried: retried.size,
      notRetried: chosen
        .filter(({ problemId }) => !retried.has(problemId))
        .map((problem) => ({ problemId: problem.problemId, reason: hintOf(problem) })),
      left,
      bells: distinctBells([...staged, ...marked, ...paired].map(({ bell }) => bell)),
    };
  });
}

export interface DismissOutcome {
  dismissed: number;
  left: number;
}

/**
 * Closes problems with a note. The same fault of the same record stays closed while the record (its payload, or its
 * golden record's values) and the reason are unchanged; when either changes, a recurring fault is a problem again.
 */
export function dismissProblems(
  pool: Pool,
  portalId: string,
  selection: ProblemSelection,
  { note, who }: { note: string; who: string },
): Promise<DismissOutcome> {
  return inTransaction(pool, async (tx) => {
    const { chosen, left } = await choose(tx, portalId, selection, false);
    const { rowCount } = await tx.query(
      `update problems set closed_at = now(), closed_by = 'dismissed', note = $3, closed_who = $4,
         evidence = problem_evidence(portal_id, source, stream, record_key, object_type, golden_id, reason)
       where portal_id = $1 and problem_id = any ($2::bigint[]) and closed_at is null`,
      [portalId, chosen.map(({ problemId }) => problemId), note, who],
    );
    return { dismissed: rowCount ?? 0, left };
  });
}

interface Chosen {
  problemId: string;
  stage: 'extract' | 'consolidate' | 'deliver' | 'associate';
  objectType: string | null;
  source: string | null;
  stream: string | null;
  recordKey: string | null;
  goldenId: string | null;
  field: string | null;
  toGolden: string | null;
  /** The source that a write-back went to; null: HubSpot. */
  target: string | null;
}

interface Retried {
  problemId: string;
  bell: LaneBell;
}

async function choose(
  tx: Queryable,
  portalId: string,
  selection: ProblemSelection,
  withDismissed: boolean,
): Promise<{ chosen: Chosen[]; left: number }> {
  const columns = `problem_id as "problemId", stage, object_type as "objectType", source, stream,
    record_key as "recordKey", golden_id as "goldenId", field, to_golden as "toGolden", target`;
  if ('ids' in selection) {
    const { rows } = await tx.query<Chosen>(
      `select ${columns} from problems where portal_id = $1 and problem_id = any ($2::bigint[])
         and (closed_at is null or ($3 and closed_by = 'dismissed')) order by problem_id limit $4 for update`,
      [portalId, selection.ids, withDismissed, problemsPerActionMax],
    );
    return { chosen: rows, left: 0 };
  }
  const { where, values } = problemClause(portalId, selection.filter);
  const { rows } = await tx.query<Chosen>(
    `select ${columns} from problems where ${where} order by problem_id limit $${values.length + 1} for update`,
    [...values, problemsPerActionMax],
  );
  if (rows.length < problemsPerActionMax) return { chosen: rows, left: 0 };
  const { rows: counted } = await tx.query<{ total: number }>(
    `select count(*)::float8 as total from problems where ${where}`,
    values,
  );
  return { chosen: rows, left: counted[0]!.total - rows.length };
}

/** Found in a source record, whatever the stage: that record is looked at again. */
const isStaged = ({ stage, recordKey }: Chosen) => recordKey !== null && stage !== 'deliver';
const isMark = ({ stage, goldenId }: Chosen) => stage === 'deliver' && goldenId !== null;
const isPair = ({ stage, goldenId, recordKey }: Chosen) =>
  stage === 'associate' && goldenId !== null && recordKey === null;

async function retryStaged(tx: Queryable, portalId: string, problems: Chosen[]): Promise<Retried[]> {
  if (problems.length === 0) return [];
  const { rows } = await tx.query<{ problemId: string; objectType: string }>(
    `with input as (
       select * from json_to_recordset($2) as input ("problemId" bigint, source text, stream text, "recordKey" text)),
     due as (
       update staged_records staged set due_at = clock_timestamp(), lane = least(staged.lane, 1) from input
       where staged.portal_id = $1 and staged.source = input.source and staged.stream = input.stream
         and staged.record_key = input."recordKey"
       returning staged.source, staged.stream, staged.record_key, staged.object_type)
     select "problemId", object_type as "objectType" from input
     join due on due.source = input.source and due.stream = input.stream and due.record_key = input."recordKey"`,
    [portalId, JSON.stringify(problems)],
  );
  return rows.map(({ problemId, objectType }) => ({ problemId, bell: { lane: 'consolidate', objectType } }));
}

async function retryMarks(tx: Queryable, portalId: string, problems: Chosen[]): Promise<Retried[]> {
  if (problems.length === 0) return [];
  const { rows } = await tx.query<{ problemId: string; lane: number; target: string | null }>(
    `with input as (
       select * from json_to_recordset($2) as input ("problemId" bigint, "objectType" text, "goldenId" uuid,
         target text)),
     due as (
       insert into outbox (portal_id, target, object_type, golden_id, lane, lead_source)
       select distinct g.portal_id, coalesce(input.target, 'hubspot'), g.object_type, g.golden_id, 1,
         coalesce(input.target, g.lead_source) from input
       join golden_records g on g.portal_id = $1 and g.object_type = input."objectType"
         and g.golden_id = input."goldenId"
       on conflict (portal_id, target, object_type, golden_id) do update set
         lane = least(outbox.lane, excluded.lane), due_at = now(), not_before = null, conflicts = 0, parked = false
       returning target, object_type, golden_id, lane)
     select "problemId", lane, input.target from input
     join due on due.object_type = input."objectType" and due.golden_id = input."goldenId"
       and due.target = coalesce(input.target, 'hubspot')`,
    [portalId, JSON.stringify(problems)],
  );
  return rows.map(({ problemId, lane, target }) => ({
    problemId,
    bell: target
      ? { lane: 'writeBack', target }
      : { lane: 'deliver', urgency: lane === 0 ? 'realtime' : 'bulk' },
  }));
}

async function retryPairs(tx: Queryable, portalId: string, problems: Chosen[]): Promise<Retried[]> {
  if (problems.length === 0) return [];
  const { rows } = await tx.query<{ problemId: string }>(
    `with input as (
       select * from json_to_recordset($2) as input ("problemId" bigint, "objectType" text, "goldenId" uuid,
         field text, "toGolden" uuid)),
     due as (
       update golden_associations held set parked = false, due = true from input
       where held.portal_id = $1 and held.from_object = input."objectType" and held.from_golden = input."goldenId"
         and held.to_object = input.field and (input."toGolden" is null or held.to_golden = input."toGolden")
       returning held.from_object, held.from_golden, held.to_object, held.to_golden)
     select distinct "problemId" from input join due on due.from_object = input."objectType"
       and due.from_golden = input."goldenId" and due.to_object = input.field
       and (input."toGolden" is null or due.to_golden = input."toGolden")`,
    [portalId, JSON.stringify(problems)],
  );
  return rows.map(({ problemId }) => ({ problemId, bell: { lane: 'deliver', urgency: 'bulk' } }));
}

function hintOf({ stage, source, recordKey, toGolden }: Chosen): string {
  if (stage === 'consolidate' && toGolden !== null)
    return 'it closes when the sources agree; correct one of them, or dismiss it';
  if (stage === 'extract' && recordKey === null)
    return `it stands for no stored record; read the source again: tributary sync ${source ?? ''} --full`;
  if (recordKey !== null) return 'its record was never stored; read the source again in full';
  return 'its record is no longer there; dismiss it';
}
