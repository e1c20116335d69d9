import { asArray, asObject, asText, type Call } from '../call';
import { invalidType, readTypes } from './linkSpecs';
import type { LinkType } from './links';
import { invalid, type Rejection } from '../rejection';
import { liveRecord, type ObjectTable } from './recordTable';

/** An association that a new record shall have. */
export interface PlannedLink {
  to: string;
  toId: string;
  types: LinkType[];
}

/** Reads `{to:{id}, types}` of a create; the type ids tell the other object type. */
export function planInlineLinks(call: Call, table: ObjectTable, value: unknown): PlannedLink | Rejection {
  const association = asObject(value, 'associations');
  const toId = asText(asObject(association['to'], 'to')['id'], 'to.id');
  const first = asObject(asArray(association['types'], 'types')[0] ?? {}, 'types');
  for (const other of call.portal.tables.values()) {
    const types = readTypes(call, table.typeId, other.typeId, association['types']);
    if ('status' in types) continue;
    if (!liveRecord(other, toId)) {
      return {
        ...invalid(`One or more associations are invalid: ${other.singular} ${toId} does not exist`),
        context: { INVALID_OBJECT_IDS: [toId] },
      };
    }
    return { to: other.typeId, toId, types };
  }
  return invalidType(table.typeId, 'any object', first);
}
