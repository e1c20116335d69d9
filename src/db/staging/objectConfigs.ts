import type { Queryable } from '../pool';
import { markObjectDue } from './dueRecords';

/** The number of the newest configuration of an object type; 0 when none was registered. */
export async function currentConfigNumber(
  db: Queryable,
  portalId: string,
  objectType: string,
): Promise<number> {
  const { rows } = await db.query<{ number: number | null }>(
    'select max(config_number) as number from object_configs where portal_id = $1 and object_type = $2',
    [portalId, objectType],
  );
  return rows[0]?.number ?? 0;
}

/** Changes whenever the cached definitions of an object type or its configuration number change. */
export async function definitionStamp(db: Queryable, portalId: string, objectType: string): Promise<string> {
  const { rows } = await db.query<{ stamp: string }>(
    `select concat(
       (select max(read_at)::text from reference_data where portal_id = $1 and object_type = $2), '/',
       (select max(config_number) from object_configs where portal_id = $1 and object_type = $2)) as stamp`,
    [portalId, objectType],
  );
  return rows[0]!.stamp;
}

/**
 * Registers an object's configuration. A new one gets the next number and makes all staged records of the object due
 * for the run that brings it. Call in a transaction. @returns how many rows became due
 */
export async function registerConfig(
  db: Queryable,
  portalId: string,
  objectType: string,
  configHash: string,
  runId: string,
): Promise<number> {
  const { rows } = await db.query<{ config_hash: string; config_number: number }>(
    `select config_hash, config_number from object_configs where portal_id = $1 and object_type = $2
     order by config_number desc limit 1`,
    [portalId, objectType],
  );
  if (rows[0]?.config_hash === configHash) return 0;
  await db.query(
    `insert into object_configs (portal_id, object_type, config_number, config_hash) values ($1, $2, $3, $4)`,
    [portalId, objectType, (rows[0]?.config_number ?? 0) + 1, configHash],
  );
  return rows[0] ? markObjectDue(db, portalId, objectType, runId) : 0;
}
