import { hubspotSource, type MappedField, type RecordRef } from '../../domain/record';
import { lockInTransaction, type Queryable } from '../pool';
import { recordKey } from '../problems/reviews';

/** All that is stored under one person: to be found before it is deleted. */
export interface StoredPerson {
  objectType: string;
  /** The HubSpot record that was told, and all others that the person has or had. */
  recordIds: string[];
  goldenIds: string[];
  /** Source records, HubSpot's among them. */
  refs: RecordRef[];
  mapped: { fields: Record<string, MappedField>; keys: string[] }[];
  /** Identity keys that records of other people hold too: no evidence of this person. */
  sharedKeys: string[];
}

/** Finds what is stored of the person behind a HubSpot record, also when the record is archived, merged or gone. */
export async function findPerson(
  db: Queryable,
  portalId: string,
  objectType: string,
  recordId: string,
): Promise<StoredPerson> {
  const goldenIds = await goldenIdsOf(db, portalId, objectType, recordId);
  const scope = [portalId, objectType, goldenIds];
  const { rows: mapped } = await db.query<
    RecordRef & { fields: Record<string, MappedField>; keys: string[] }
  >(
    `select source, stream, record_key as key, fields, keys from mapped_records
     where portal_id = $1 and object_type = $2 and golden_id = any ($3::uuid[])`,
    scope,
  );
  // Records that were the person's when they ended, and are nobody else's now.
  const { rows: former } = await db.query<RecordRef>(
    `select distinct on (source, stream, record_key) source, stream, record_key as key from link_history ended
     where portal_id = $1 and object_type = $2 and golden_id = any ($3::uuid[])
       and not exists (select from mapped_records m where m.portal_id = $1 and m.source = ended.source
         and m.stream = ended.stream and m.record_key = ended.record_key and m.golden_id is not null)
       and not exists (select from link_history later where later.portal_id = $1 and later.source = ended.source
         and later.stream = ended.stream and later.record_key = ended.record_key
         and later.unlinked_at > ended.unlinked_at)`,
    scope,
  );
  const { rows: states } = await db.query<{ record_id: string }>(
    `with recursive own (record_id) as (
       (select record_id from known_states
        where portal_id = $1 and target = $4 and object_type = $2 and golden_id = any ($3::uuid[])
        union select $5)
       union
       select merged.record_id from own join known_states merged on merged.portal_id = $1 and merged.target = $4
         and merged.object_type = $2 and merged.merged_into = own.record_id)
     select record_id from own`,
    [...scope, hubspotSource, recordId],
  );
  const told = { source: hubspotSource, stream: objectType, key: recordId };
  const refs = new Map([told, ...mapped, ...former].map((ref) => [recordKey(ref), refOnly(ref)]));
  const ofHubSpot = [...refs.values()].filter(({ source }) => source === hubspotSource);
  const keys = [...new Set(mapped.flatMap((record) => record.keys))];
  const { rows: shared } = await db.query<{ key: string }>(
    `select distinct held.key from unnest($4::text[]) as wanted (key)
     join identity_keys held on held.portal_id = $1 and held.object_type = $2 and held.key = wanted.key
     join mapped_records m on m.portal_id = $1 and m.source = held.source and m.stream = held.stream
       and m.record_key = held.record_key
     where m.golden_id is null or not (m.golden_id = any ($3::uuid[]))`,
    [...scope, keys],
  );
  return {
    objectType,
    recordIds: [...new Set([...ofHubSpot.map(({ key }) => key), ...states.map((state) => state.record_id)])],
    goldenIds,
    refs: [...refs.values()],
    mapped,
    sharedKeys: shared.map(({ key }) => key),
  };
}

/** By its link, the records that it was merged into one after the other, or its last link, where nobody else was put in its place since. */
async function goldenIdsOf(
  db: Queryable,
  portalId: string,
  objectType: string,
  recordId: string,
): Promise<string[]> {
  const { rows } = await db.query<{ golden_id: string }>(
    `with recursive told (record_id) as (
       select $3 union
       select merged_into from told join known_states using (record_id)
       where portal_id = $1 and target = $4 and object_type = $2 and merged_into is not null),
     linked as (
       select golden_id from told join known_states using (record_id)
       where portal_id = $1 and target = $4 and object_type = $2 and golden_id is not null
       union
       select golden_id from told join mapped_records on record_key = record_id
       where portal_id = $1 and source = $4 and stream = $2 and golden_id is not null),
     last as (
       select golden_id from link_history where portal_id = $1 and source = $4 and stream = $2 and record_key = $3
       order by unlinked_at desc limit 1)
     select golden_id from linked
     union
     select golden_id from last where not exists (select from linked) and not exists (
       select from known_states k where k.portal_id = $1 and k.target = $4 and k.object_type = $2
         and k.golden_id = last.golden_id and not k.archived)`,
    [portalId, objectType, recordId, hubspotSource],
  );
  return rows.map((row) => row.golden_id);
}

function refOnly({ source, stream, key }: RecordRef): RecordRef {
  return { source, stream, key };
}

/**
 * Takes the locks of consolidation, delivery and associations, in this order: nobody is working on a person who is erased
 * meanwhile.
 */
export async function lockForErasure(tx: Queryable, portalId: string, objectType: string): Promise<void> {
  for (const name of [
    `consolidate:${portalId}:${objectType}`,
    `deliver:${portalId}`,
    `associations:${portalId}`,
  ]) {
    await lockInTransaction(tx, name);
  }
}

const ofGolden = 'golden_id in (select golden_id from erased_golden)';
const ofRecord = '(object_type, record_id) in (select object_type, record_id from erased_records)';
const ofRef = '(source, stream, record_key) in (select source, stream, record_key from erased_refs)';
const ofEnds = `(from_golden in (select golden_id from erased_golden)
  or to_golden in (select golden_id from erased_golden))`;
const refTexts = 'array(select ref from erased_refs)';

/** What goes, by table and condition: before the records go those that are found by them. */
const deletions: [table: string, where: string][] = [
  ['intents', ofGolden],
  ['association_intents', ofEnds],
  ['outbox', ofGolden],
  ['golden_associations', ofEnds],
  ['deliveries', `(${ofGolden} or ${ofRecord})`],
  ['pins', `(${ofGolden} or ${ofRecord})`],
  [
    'known_associations',
    `((from_object, from_id) in (select object_type, record_id from erased_records)
      or (to_object, to_id) in (select object_type, record_id from erased_records))`,
  ],
  ['association_reads', '(from_object, from_id) in (select object_type, record_id from erased_records)'],
  // Of HubSpot, and of writable sources.
  [
    'known_states',
    `(${ofGolden} or (target = '${hubspotSource}' and ${ofRecord})
      or (target, record_id) in (select source, record_key from erased_refs))`,
  ],
  ['problems', `(${ofGolden} or to_golden in (select golden_id from erased_golden) or ${ofRef})`],
  [
    'reviews',
    `(golden_ids && array(select golden_id from erased_golden) or record_keys && ${refTexts}
      or exists (select from jsonb_path_query(parts, '$[*][*]') as part join erased_refs
        on (part ->> 'source', part ->> 'stream', part ->> 'key') = (source, stream, record_key)))`,
  ],
  ['identity_decisions', `(left_keys || right_keys) && ${refTexts}`],
  ['link_history', `(${ofGolden} or ${ofRef})`],
  [
    'record_references',
    `(${ofRef} or (to_source, to_stream, to_key) in (select source, stream, record_key from erased_refs))`,
  ],
  ['identity_keys', ofRef],
  ['mapped_records', ofRef],
  ['seen_keys', ofRef],
  ['staged_records', ofRef],
  // HubSpot's events hold ids only, and their repetitions are known by them.
  ['inbox_events', `source <> '${hubspotSource}' and ${ofRef}`],
  ['golden_records', ofGolden],
];

/**
 * Deletes all that is stored under the person, in every table. Call it under `lockForErasure`. Whoever is sending a
 * batch with the person settles nothing any more; the rest of it is sent again by the next claim.
 */
export async function deletePerson(
  tx: Queryable,
  portalId: string,
  person: Pick<StoredPerson, 'objectType' | 'recordIds' | 'goldenIds' | 'refs'>,
): Promise<void> {
  await tx.query(
    `create temporary table if not exists erased_golden (golden_id uuid) on commit delete rows;
     create temporary table if not exists erased_records (object_type text, record_id text) on commit delete rows;
     create temporary table if not exists erased_refs (source text, stream text, record_key text, ref text)
       on commit delete rows;
     truncate erased_golden, erased_records, erased_refs`,
  );
  await tx.query('insert into erased_golden select unnest($1::uuid[])', [person.goldenIds]);
  await tx.query('insert into erased_records select $1, unnest($2::text[])', [
    person.objectType,
    person.recordIds,
  ]);
  await tx.query(
    `insert into erased_refs
     select source, stream, key, ref from json_to_recordset($1) as input (source text, stream text, key text, ref text)`,
    [JSON.stringify(person.refs.map((ref) => ({ ...ref, ref: recordKey(ref) })))],
  );
  const inFlight = `select batch_id from intents where ${ofGolden}
    union select batch_id from association_intents where ${ofEnds}`;
  const { rows } = await tx.query<{ batch_id: string }>(
    `update delivery_batches set fence = nextval('fences'), maybe_written = true
     where portal_id = $1 and batch_id in (${inFlight}) returning batch_id`,
    [portalId],
  );
  for (const [table, where] of deletions) {
    await tx.query(`delete from ${table} where portal_id = $1 and ${where}`, [portalId]);
  }
  await tx.query(
    `delete from delivery_batches b where batch_id = any ($1::bigint[])
       and not exists (select from intents i where i.batch_id = b.batch_id)
       and not exists (select from association_intents i where i.batch_id = b.batch_id)`,
    [rows.map((row) => row.batch_id)],
  );
}

/** Columns of keys, of which Postgres keeps samples for its plans. */
const sampled = [
  ...['identity_keys', 'mapped_records', 'staged_records', 'seen_keys', 'record_references', 'link_history'],
  ...['known_states', 'problems', 'reviews', 'inbox_events', 'pins', 'identity_decisions'],
  ...['deliveries', 'intents', 'cursors'],
];

/** Takes fresh samples, without what this transaction deleted. */
export async function forgetSamples(tx: Queryable): Promise<void> {
  await tx.query(`analyze ${sampled.join(', ')}`);
}
