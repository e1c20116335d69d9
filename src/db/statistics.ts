import type { Queryable } from './pool';

/** A table is analyzed anew when this many rows changed and more than this part of it. */
const changedRowsMin = 500;
const changedShareMin = 0.5;

/**
 * Lets Postgres look at tables that have grown much since it last did. Autovacuum does so too, but minutes later: a
 * first load would run on plans made for empty tables, which are a hundred times slower.
 */
async function refreshStatistics(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select quote_ident(stat.relname) as name from pg_stat_user_tables stat join pg_class class on class.oid = stat.relid
     where stat.schemaname = current_schema() and stat.n_mod_since_analyze > $1
       and stat.n_mod_since_analyze > $2 * greatest(class.reltuples, 0)
       and stat.relname in ('staged_records', 'mapped_records', 'identity_keys', 'golden_records', 'known_states',
         'outbox', 'golden_associations', 'record_references', 'known_associations', 'association_reads',
         'deliveries', 'problems', 'inbox_events')`,
    [changedRowsMin, changedShareMin],
  );
  for (const { name } of rows) await db.query(`analyze ${name}`);
  return rows.map(({ name }) => name);
}

/** `refreshStatistics`, at most once in `everyMs` per process; failures only cost speed. */
export function createStatistics(db: Queryable, everyMs = 1_000): () => Promise<void> {
  let nextAt = 0;
  return async () => {
    if (performance.now() < nextAt) return;
    nextAt = performance.now() + everyMs;
    await refreshStatistics(db).catch(() => undefined);
  };
}
