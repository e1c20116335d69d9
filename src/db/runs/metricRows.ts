import type { Pool } from 'pg';
import { inTransaction, type Queryable } from '../pool';

/** What a scrape reads of the river: one snapshot of counts, all bounded by names of the configuration. */
export interface MetricRows {
  records: { source: string; objectType: string; status: string; count: number }[];
  /** Staged records to consolidate, and golden records to deliver, by the source that leads them. */
  queue: { source: string; depth: number }[];
  associations: { source: string; due: number }[];
  problems: { kind: string; open: number }[];
  reviews: { kind: string; open: number }[];
  pins: { portal: string; objectType: string; open: number }[];
  quota: { portal: string; bucket: string; limit: number; used: number; windowS: number; aheadS: number }[];
  portals: { portal: string; mode: string; paused: boolean }[];
}

/** A scrape gives up rather than weigh on the database. */
const statementMs = 5_000;
/** More series than this come from no configuration. */
const seriesMax = 2_000;

const queries: { [Name in keyof MetricRows]: string } = {
  // Counts of calls and of their inputs (`calls:create`, `inputs:create`) are no records.
  records: `select source, object_type as "objectType", status, sum(count)::float8 as count from run_counts
    where status not like '%:%' group by 1, 2, 3 order by 4 desc limit ${seriesMax}`,
  queue: `select source, sum(depth)::float8 as depth from (
      select source, count(*) as depth from staged_records where due_at is not null group by 1
      union all
      select lead_source, count(*) from outbox where not parked group by 1) as queued
    group by 1 order by 2 desc limit ${seriesMax}`,
  associations: `select lead_source as source, count(*)::float8 as due from golden_associations
    where due and not parked group by 1 order by 2 desc limit ${seriesMax}`,
  problems: `select kind, count(*)::float8 as open from problems where closed_at is null
    group by 1 order by 2 desc limit ${seriesMax}`,
  reviews: `select kind, count(*)::float8 as open from reviews where closed_at is null
    group by 1 order by 2 desc limit ${seriesMax}`,
  pins: `select portals.name as portal, object_type as "objectType", count(*)::float8 as open
    from pins join portals using (portal_id) where state <> 'ended' group by 1, 2 order by 3 desc limit ${seriesMax}`,
  quota: `select portals.name as portal, bucket, calls_max as "limit", used::float8 as used,
      window_ms / 1000.0::float8 as "windowS",
      greatest(extract(epoch from next_slot_at - clock_timestamp()), 0)::float8 as "aheadS"
    from quota_buckets join portals using (portal_id) order by 1, 2 limit ${seriesMax}`,
  portals: `select name as portal, mode, coalesce(paused_until > now(), false) as paused
    from portals order by 1 limit ${seriesMax}`,
};

/** Reads everything in one read-only snapshot, each statement within 5 s. @throws what Postgres says */
export async function readMetricRows(pool: Pool): Promise<MetricRows> {
  return inTransaction(pool, async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only');
    await tx.query(`set local statement_timeout = ${statementMs}`);
    return {
      records: await rowsOf(tx, 'records'),
      queue: await rowsOf(tx, 'queue'),
      associations: await rowsOf(tx, 'associations'),
      problems: await rowsOf(tx, 'problems'),
      reviews: await rowsOf(tx, 'reviews'),
      pins: await rowsOf(tx, 'pins'),
      quota: await rowsOf(tx, 'quota'),
      portals: await rowsOf(tx, 'portals'),
    };
  });
}

async function rowsOf<Name extends keyof MetricRows>(db: Queryable, name: Name): Promise<MetricRows[Name]> {
  const { rows } = await db.query<MetricRows[Name][number]>(queries[name]);
  return rows as MetricRows[Name];
}
