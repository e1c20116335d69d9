import type { RecordRef, RecordReference } from '../../domain/record';
import type { Queryable } from '../pool';
import { decidePrimaries, type PrimaryTurn } from './primaryAssociations';
import { runOf } from './runOf';

/** Replaces the stored references of these records. */
export async function saveReferences(
  db: Queryable,
  portalId: string,
  objectType: string,
  runId: string | null,
  records: (RecordRef & { references: RecordReference[] })[],
): Promise<void> {
  const refs = JSON.stringify(records.map(({ source, stream, key }) => ({ source, stream, key })));
  const rows = records.flatMap(({ source, stream, key, references }) =>
    references.map((reference) => ({ source, stream, key, ...reference })),
  );
  await db.query(
    `delete from record_references held using json_to_recordset($2) as ref (source text, stream text, key text)
     where held.portal_id = $1 and held.source = ref.source and held.stream = ref.stream
       and held.record_key = ref.key`,
    [portalId, refs],
  );
  if (rows.length === 0) return;
  await db.query(
    `insert into record_references (portal_id, source, stream, record_key, object_type, to_object, to_source,
       to_stream, to_key, labels, run_id)
     select $1, source, stream, key, $2, "toObject", "toSource", "toStream", "toKey",
       array(select json_array_elements_text(labels)), $4
     from json_to_recordset($3) as input (source text, stream text, key text, "toObject" text, "toSource" text,
       "toStream" text, "toKey" text, labels json)
     on conflict do nothing`,
    [portalId, objectType, JSON.stringify(rows), runId],
  );
}

/**
 * Recomputes the wanted associations around some golden records: those they point from, and those of records that
 * point to the given records. New and changed pairs, and pairs no longer wanted, become due.
 * Call it under the portal's association lock, so that two objects consolidating at once see each other.
 * @param company the object type of HubSpot's companies, if any
 * @returns wishes for a primary company that are met no more, or again
 */
export async function refreshAssociations(
  db: Queryable,
  portalId: string,
  objectType: string,
  goldenIds: string[],
  pointedTo: RecordRef[],
  runId: string | null,
  company: string | null,
): Promise<PrimaryTurn[]> {
  await db.query(
    `create temporary table if not exists affected_golden (object_type text, golden_id uuid) on commit delete rows`,
  );
  await db.query(
    `insert into affected_golden
     select $2, unnest($3::uuid[])
     union
     select m.object_type, m.golden_id
     from json_to_recordset($4) as pointed (source text, stream text, key text)
     join record_references r on r.portal_id = $1 and r.to_source = pointed.source
       and r.to_stream = pointed.stream and r.to_key = pointed.key
     join mapped_records m on m.portal_id = $1 and m.source = r.source and m.stream = r.stream
       and m.record_key = r.record_key
     where m.golden_id is not null`,
    [
      portalId,
      objectType,
      goldenIds,
      JSON.stringify(pointedTo.map(({ source, stream, key }) => ({ source, stream, key }))),
    ],
  );
  await db.query(
    `with referred as (
       select m.object_type as from_object, m.golden_id as from_golden, r.to_object, other.golden_id as to_golden,
         m.source, label, ${isOtherPrimary} as is_other_primary
       from affected_golden affected
       join mapped_records m on m.portal_id = $1 and m.golden_id = affected.golden_id
         and m.object_type = affected.object_type
       join record_references r on r.portal_id = $1 and r.source = m.source and r.stream = m.stream
         and r.record_key = m.record_key
       join mapped_records other on other.portal_id = $1 and other.source = r.to_source
         and other.stream = r.to_stream and other.record_key = r.to_key
       left join golden_records g on g.portal_id = $1 and g.object_type = m.object_type and g.golden_id = m.golden_id
       left join unnest(r.labels) as label on true
       where other.golden_id is not null),
     wanted as (
       select from_object, from_golden, to_object, to_golden, min(source) as lead_source,
         coalesce(array_agg(distinct label order by label) filter (where label is not null and not is_other_primary),
           '{}') as labels
       from referred group by 1, 2, 3, 4),
     dropped as (
       update golden_associations held set wanted = false, due = true, parked = false, run_id = ${runOf('held', '$2')}
       from affected_golden affected
       where held.portal_id = $1 and held.from_object = affected.object_type
         and held.from_golden = affected.golden_id and held.wanted
         and not exists (select from wanted where wanted.from_object = held.from_object
           and wanted.from_golden = held.from_golden and wanted.to_object = held.to_object
           and wanted.to_golden = held.to_golden))
     insert into golden_associations (portal_id, from_object, from_golden, to_object, to_golden, labels, wanted,
       run_id, lead_source)
     select $1, from_object, from_golden, to_object, to_golden, labels, true, $2, lead_source from wanted
     on conflict (portal_id, from_object, from_golden, to_object, to_golden) do update set
       labels = excluded.labels, wanted = true, due = true, parked = false, lead_source = excluded.lead_source,
       run_id = ${runOf('golden_associations', 'excluded.run_id')}
     where golden_associations.labels <> excluded.labels or not golden_associations.wanted`,
    [portalId, runId, company],
  );
  return company === null ? [] : decidePrimaries(db, portalId, company, runId);
}

/**
 * A record has one primary company, and writing another one takes that from the first (facts §5): two that both were
 * written as such would take it from each other for ever. Of several that sources name, that of the strongest source
 * counts, else that of the smallest key; the others are associated without it. What companies wish themselves is decided
 * when all of it is stored (`decidePrimaries`): each of them may be that of many records.
 */
const isOtherPrimary = `lower(label) = 'primary' and m.object_type is distinct from $3::text and other.golden_id <> first_value(other.golden_id) over (
  partition by m.object_type, m.golden_id, r.to_object, lower(label) = 'primary'
  order by m.source <> g.lead_source, m.source, m.stream, m.record_key, r.to_source, r.to_stream, r.to_key)`;
