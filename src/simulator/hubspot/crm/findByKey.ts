import { invalid, Rejected } from '../rejection';
import { liveRecord, uniqueKey, type ObjectTable, type StoredRecord } from './recordTable';

/** Where a record is looked up by another key than its id. */
export interface KeyUse {
  verb: 'read' | 'update' | 'upsert';
  /** Batch update refuses `email`; single update, read and upsert take it (facts 3.3). */
  emailAllowed: boolean;
  portalId: number;
}

/** Makes sure that `idProperty` is unique and usable here. Rejected (400) in HubSpot's words otherwise. */
export function requireUnique(table: ObjectTable, idProperty: string, use: KeyUse): void {
  if (idProperty === 'hs_object_id') return;
  const isEmail = idProperty === 'email' && table.typeId === '0-1';
  if (isEmail && use.emailAllowed) return;
  const property = table.properties.get(idProperty);
  if (!isEmail && property?.hasUniqueValue && !property.archived) return;
  throw new Rejected(
    invalid(
      `Unable to perform ${use.verb} by non-unique ${table.typeId} property ${idProperty} in portal ID ${use.portalId}`,
    ),
  );
}

/** The live record whose unique property (or a secondary e-mail) has this value. */
export function findByKey(table: ObjectTable, idProperty: string, value: string): StoredRecord | undefined {
  if (idProperty === 'hs_object_id') return liveRecord(table, value);
  const id = table.unique.get(idProperty)?.get(uniqueKey(idProperty, value));
  return id === undefined ? undefined : liveRecord(table, id);
}
