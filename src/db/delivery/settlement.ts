import type { Queryable } from '../pool';
import { addCounts } from '../runs/runCounts';

/** What a run still has under way. */
export interface Unsettled {
  /** Staged records not yet consolidated. */
  staged: number;
  /** Golden records not yet delivered, those that wait for a time included. */
  records: number;
  associations: number;
  /** Golden records not yet written back to sources. */
  writeBacks: number;
}

/** In hold nobody claims: a batch that was left to the next claim waits until the portal is live. */
function isWorkedOn(mark: string): string {
  return `exists (select from delivery_batches b where b.batch_id = ${mark}.batch_id and b.expires_at > now())`;
}

/**
 * Rows of a run ($2) that are not settled, by stage. Parked marks are settled: problems stand for them. Of objects that
 * are not configured ($3, any more) nothing is delivered: nobody waits for what is left of them. Each arm of the `or`
 * names what an index of its own holds, so that due rows of other runs are not read.
 */
const unsettledRows = {
  staged: `from staged_records
    where portal_id = $1 and due_at is not null and run_id = $2 and object_type = any ($3::text[])`,
  records: `from outbox join portals using (portal_id)
    where portal_id = $1 and target = 'hubspot' and run_id = $2 and not parked
      and object_type = any ($3::text[]) and (mode = 'live' or ${isWorkedOn('outbox')})`,
  associations: `from golden_associations a join portals using (portal_id)
    where a.portal_id = $1 and a.run_id = $2 and a.due and not a.parked
      and a.from_object = any ($3::text[]) and a.to_object = any ($3::text[]) and (mode = 'live' or ${isWorkedOn('a')})
      and (a.batch_id is not null or (a.batch_id is null and
        exists (select from known_states f where f.portal_id = $1 and f.target = 'hubspot'
          and f.object_type = a.from_object and f.golden_id = a.from_golden and not f.archived)
        and exists (select from known_states t where t.portal_id = $1 and t.target = 'hubspot'
          and t.object_type = a.to_object and t.golden_id = a.to_golden and not t.archived)))`,
  writeBacks: `from outbox join portals using (portal_id)
    where portal_id = $1 and target <> 'hubspot' and run_id = $2 and not parked
      and object_type = any ($3::text[]) and (mode = 'live' or ${isWorkedOn('outbox')})`,
};

/**
 * Counts what a run staged and is not settled yet. Marks that a later run took over are settled too: superseded. In
 * hold nothing moves, so all marks are settled: proposed. It reads all that is under way: do not ask often.
 */
export async function countUnsettled(
  db: Queryable,
  portalId: string,
  runId: string,
  objectTypes: string[],
): Promise<Unsettled> {
  const { staged, records, associations, writeBacks } = unsettledRows;
  const { rows } = await db.query<Record<keyof Unsettled, string>>(
    `select (select count(*) ${staged}) as staged, (select count(*) ${records}) as records,
       (select count(*) ${associations}) as associations, (select count(*) ${writeBacks}) as "writeBacks"`,
    [portalId, runId, objectTypes],
  );
  const row = rows[0]!;
  return {
    staged: Number(row.staged),
    records: Number(row.records),
    associations: Number(row.associations),
    writeBacks: Number(row.writeBacks),
  };
}

/** The first stage in which a run still has something under way, or null when all is settled. Cheap to ask. */
export async function unsettledStage(
  db: Queryable,
  portalId: string,
  runId: string,
  objectTypes: string[],
): Promise<keyof Unsettled | null> {
  const { staged, records, associations, writeBacks } = unsettledRows;
  const { rows } = await db.query<{ stage: keyof Unsettled | null }>(
    `select case when exists (select ${staged}) then 'staged' when exists (select ${records}) then 'records'
       when exists (select ${associations}) then 'associations'
       when exists (select ${writeBacks}) then 'writeBacks' end as stage`,
    [portalId, runId, objectTypes],
  );
  return rows[0]!.stage;
}

/** Object types or targets that a run has something under way for in this stage; null where the stage is one lane's. */
export async function unsettledSubjects(
  db: Queryable,
  portalId: string,
  runId: string,
  objectTypes: string[],
  stage: keyof Unsettled,
): Promise<string[] | null> {
  const subject = { staged: 'object_type', writeBacks: 'target', records: null, associations: null }[stage];
  if (subject === null) return null;
  const { rows } = await db.query<{ subject: string }>(
    `select distinct ${subject} as subject ${unsettledRows[stage]}`,
    [portalId, runId, objectTypes],
  );
  return rows.map((row) => row.subject);
}

/**
 * The pauses that a run's write-backs wait for: null while some of them can go on, [] when none is left.
 * A pause without an end waits for a person.
 */
export async function writeBackPauses(
  db: Queryable,
  portalId: string,
  runId: string,
  objectTypes: string[],
): Promise<{ target: string; until: Date | null; reason: string | null }[] | null> {
  const { rows } = await db.query<{
    target: string;
    isPaused: boolean;
    until: Date | null;
    reason: string | null;
  }>(
    `select waiting.target, coalesce(t.paused_until > now(), false) as "isPaused",
       nullif(t.paused_until, 'infinity') as until, t.pause_reason as reason
     from (select distinct target ${unsettledRows.writeBacks}) as waiting
     left join targets t on t.portal_id = $1 and t.target = waiting.target order by 1`,
    [portalId, runId, objectTypes],
  );
  if (rows.some(({ isPaused }) => !isPaused)) return null;
  return rows.map(({ target, until, reason }) => ({ target, until, reason }));
}

/** Whether a run still has something in flight, or records of a more urgent lane than the one that is stopped. */
export async function isDelivering(
  db: Queryable,
  portalId: string,
  runId: string,
  stoppedLane: number,
): Promise<boolean> {
  const { rows } = await db.query<{ delivering: boolean }>(
    `select exists (select from outbox where portal_id = $1 and target = 'hubspot' and run_id = $2 and not parked
         and (batch_id is not null or lane < $3))
       or exists (select from golden_associations where portal_id = $1 and run_id = $2 and batch_id is not null)
       as delivering`,
    [portalId, runId, stoppedLane],
  );
  return rows[0]!.delivering;
}

/**
 * References whose other record no source has: problems of the record that refers; they close when it appears or the
 * reference goes. Called when a run has consolidated everything it read. All references are looked at, once, for each end
 * of one may come or go with any slice; what is told already costs no more than that look.
 */
export async function settleReferences(db: Queryable, portalId: string, runId: string): Promise<number> {
  const told = `portal_id = $1 and stage = 'associate' and kind = 'waitingForParent' and closed_at is null`;
  // Sorted, and so all found before the first is written: a table that is read while it grows is read over and over.
  // By `except`, for a plan that expects few of them would compare each with each.
  const { rows } = await db.query<{ source: string; object_type: string; opened: string }>(
    `with missing as materialized (
       select r.object_type, r.source, r.stream, r.record_key, m.golden_id, r.to_object,
         'refers to a record of ' || r.to_source || '.' || r.to_stream || ' that no source has delivered' as reason,
         md5(concat_ws(chr(31), 'waitingForParent', r.source, r.stream, r.record_key, r.to_source, r.to_stream,
           r.to_key)) as fingerprint
       from record_references r join mapped_records m on m.portal_id = r.portal_id
         and m.source = r.source and m.stream = r.stream and m.record_key = r.record_key
       where r.portal_id = $1 and not exists (select from mapped_records other where other.portal_id = r.portal_id
         and other.source = r.to_source and other.stream = r.to_stream and other.record_key = r.to_key)),
     closed as (
       update problems set closed_at = now(), closed_by = 'source'
       where ${told} and fingerprint in (
         select fingerprint from problems where ${told} except select fingerprint from missing)),
     opened as (
       insert into problems (portal_id, run_id, stage, kind, object_type, source, stream, record_key, golden_id, field,
         reason, fingerprint)
       select $1, $2, 'associate', 'waitingForParent', object_type, source, stream, record_key, golden_id, to_object,
         reason, fingerprint
       from missing
       where not exists (select from problems open
           where open.portal_id = $1 and open.fingerprint = missing.fingerprint and open.closed_at is null)
         and not exists (select from problems old
           where old.portal_id = $1 and old.fingerprint = missing.fingerprint and old.closed_by = 'dismissed'
             and old.evidence = problem_evidence($1, missing.source, missing.stream, missing.record_key,
               missing.object_type, missing.golden_id, missing.reason))
       order by fingerprint
       on conflict (portal_id, fingerprint) where closed_at is null do nothing
       returning source, object_type)
     select source, object_type, count(*) as opened from opened group by 1, 2`,
    [portalId, runId],
  );
  await addCounts(
    db,
    portalId,
    runId,
    rows.map((row) => ({
      source: row.source,
      objectType: row.object_type,
      status: 'problems',
      count: Number(row.opened),
    })),
  );
  return rows.reduce((sum, row) => sum + Number(row.opened), 0);
}
