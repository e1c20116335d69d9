import type { MappedField, RecordRef } from '../../domain/record';
import type { Queryable } from '../pool';

/** A mapped record as it is stored. */
export interface StoredMapped extends RecordRef {
  fields: Record<string, MappedField>;
  /** Its identity keys, `<rule name>:<folded value>`. */
  keys: string[];
  goldenId: string | null;
}

const columns = `m.source, m.stream, m.record_key as key, m.fields, m.keys, m.golden_id as "goldenId"`;

/** Loads these records' stored mappings. */
export async function loadMapped(
  db: Queryable,
  portalId: string,
  refs: RecordRef[],
): Promise<StoredMapped[]> {
  if (refs.length === 0) return [];
  const { rows } = await db.query<StoredMapped>(
    `select ${columns} from json_to_recordset($2) as ref (source text, stream text, key text)
     join mapped_records m on m.portal_id = $1 and m.source = ref.source and m.stream = ref.stream
       and m.record_key = ref.key`,
    [portalId, JSON.stringify(refs.map(({ source, stream, key }) => ({ source, stream, key })))],
  );
  return rows;
}

/** Loads the records that hold one of these keys or are linked to one of these golden records. */
export async function loadNeighbours(
  db: Queryable,
  portalId: string,
  objectType: string,
  keys: string[],
  goldenIds: string[],
): Promise<StoredMapped[]> {
  if (keys.length === 0 && goldenIds.length === 0) return [];
  const { rows } = await db.query<StoredMapped>(
    `with refs as (
       select source, stream, record_key from unnest($3::text[]) as wanted (key)
       join identity_keys held on held.portal_id = $1 and held.object_type = $2 and held.key = wanted.key
       union
       select source, stream, record_key from unnest($4::uuid[]) as wanted (golden_id)
       join mapped_records held on held.portal_id = $1 and held.golden_id = wanted.golden_id
         and held.object_type = $2)
     select ${columns} from refs join mapped_records m on m.portal_id = $1 and m.source = refs.source
       and m.stream = refs.stream and m.record_key = refs.record_key`,
    [portalId, objectType, keys, goldenIds],
  );
  return rows;
}

/**
 * How many records of the stream that holds it most hold each key; keys held at most once are left out. `keys` must be
 * distinct. Joined, not `= any`: thousands of values in a condition are estimated one by one, which costs more than to
 * find them.
 */
export async function countSharers(
  db: Queryable,
  portalId: string,
  objectType: string,
  keys: string[],
): Promise<Record<string, number>> {
  const { rows } = await db.query<{ key: string; holders: string }>(
    `select key, max(holders) as holders from (
       select held.key, count(*) as holders from unnest($3::text[]) as wanted (key)
       join identity_keys held on held.portal_id = $1 and held.object_type = $2 and held.key = wanted.key
       group by held.key, source, stream having count(*) > 1) as held
     group by key`,
    [portalId, objectType, keys],
  );
  return Object.fromEntries(rows.map((row) => [row.key, Number(row.holders)]));
}

/** Writes mappings and their identity keys; links are written by `relink`. */
export async function saveMapped(
  db: Queryable,
  portalId: string,
  objectType: string,
  configNumber: number,
  records: Omit<StoredMapped, 'goldenId'>[],
): Promise<void> {
  if (records.length === 0) return;
  await db.query(
    `insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, config_number)
     select $1, source, stream, key, $2, fields, array(select json_array_elements_text(keys)), $3
     from json_to_recordset($4) as input (source text, stream text, key text, fields jsonb, keys json)
     on conflict (portal_id, source, stream, record_key) do update set
       fields = excluded.fields, keys = excluded.keys, config_number = excluded.config_number,
       object_type = excluded.object_type`,
    [portalId, objectType, configNumber, JSON.stringify(records)],
  );
  await db.query(
    `insert into identity_keys (portal_id, object_type, key, source, stream, record_key)
     select $1, $2, identity_key, source, stream, key
     from json_to_recordset($3) as input (source text, stream text, key text, keys json),
       json_array_elements_text(keys) as identity_key
     on conflict do nothing`,
    [portalId, objectType, JSON.stringify(records.map(({ fields: _, ...record }) => record))],
  );
}

/** Drops identity keys that records no longer hold. */
export async function dropKeys(
  db: Queryable,
  portalId: string,
  objectType: string,
  dropped: (RecordRef & { identityKey: string })[],
): Promise<void> {
  if (dropped.length === 0) return;
  await db.query(
    `delete from identity_keys held
     using json_to_recordset($3) as input (source text, stream text, key text, "identityKey" text)
     where held.portal_id = $1 and held.object_type = $2 and held.key = input."identityKey"
       and held.source = input.source and held.stream = input.stream and held.record_key = input.key`,
    [portalId, objectType, JSON.stringify(dropped)],
  );
}

/** Removes records that are gone at their source; their links go to the history first. */
export async function removeMapped(db: Queryable, portalId: string, refs: RecordRef[]): Promise<void> {
  if (refs.length === 0) return;
  const input = JSON.stringify(refs.map(({ source, stream, key }) => ({ source, stream, key })));
  await db.query(
    `with removed as (
       delete from mapped_records m using json_to_recordset($2) as ref (source text, stream text, key text)
       where m.portal_id = $1 and m.source = ref.source and m.stream = ref.stream and m.record_key = ref.key
       returning m.*)
     insert into link_history (portal_id, object_type, source, stream, record_key, golden_id, link_rule, linked_at)
     select portal_id, object_type, source, stream, record_key, golden_id, link_rule, linked_at
     from removed where golden_id is not null`,
    [portalId, input],
  );
  await db.query(
    `delete from record_references r using json_to_recordset($2) as ref (source text, stream text, key text)
     where r.portal_id = $1 and r.source = ref.source and r.stream = ref.stream and r.record_key = ref.key`,
    [portalId, input],
  );
}

export interface Link extends RecordRef {
  goldenId: string | null;
  rule: string;
}

/** Moves links; those that end are kept in the history. Pass only links that change. */
export async function relink(db: Queryable, portalId: string, links: Link[]): Promise<void> {
  if (links.length === 0) return;
  await db.query(
    `with input as (
       select * from json_to_recordset($2) as link (source text, stream text, key text, "goldenId" uuid, rule text)),
     ended as (
       insert into link_history (portal_id, object_type, source, stream, record_key, golden_id, link_rule, linked_at)
       select m.portal_id, m.object_type, m.source, m.stream, m.record_key, m.golden_id, m.link_rule, m.linked_at
       from mapped_records m join input on m.source = input.source and m.stream = input.stream
         and m.record_key = input.key
       where m.portal_id = $1 and m.golden_id is not null)
     update mapped_records m set golden_id = input."goldenId", link_rule = input.rule, linked_at = now()
     from input where m.portal_id = $1 and m.source = input.source and m.stream = input.stream
       and m.record_key = input.key`,
    [portalId, JSON.stringify(links)],
  );
}
