import type { Queryable } from '../../src/db/pool';

/** A person and a company, both live, of the source `crm`; what the person refers to is told by `referToAcme`. */
export const ann = '00000000-0000-0000-0000-000000000001';
export const acme = '00000000-0000-0000-0000-000000000002';

export async function insertAnnAndAcme(db: Queryable): Promise<void> {
  await db.query(
    `insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, golden_id,
       config_number)
     values (100, 'crm', 'people', '1', 'contacts', '{}', '{}', $1, 1),
       (100, 'crm', 'firms', '9', 'companies', '{}', '{}', $2, 1)`,
    [ann, acme],
  );
}

export async function referToAcme(db: Queryable, labels: string[]): Promise<void> {
  await db.query(
    `insert into record_references (portal_id, source, stream, record_key, object_type, to_object, to_source,
       to_stream, to_key, labels)
     values (100, 'crm', 'people', '1', 'contacts', 'companies', 'crm', 'firms', '9', $1)`,
    [labels],
  );
}
