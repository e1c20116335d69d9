import { z } from 'zod';
import { instantMsMax } from '../domain/values/instants';

/** What happened to a record, as a hint: never a value of it. */
export interface JournalEvent {
  kind: 'created' | 'changed' | 'deleted' | 'restored' | 'merged' | 'associationChanged' | 'privacyDeleted';
  portalId: string;
  objectTypeId: string;
  objectId: string;
  occurredAt: Date;
  /** Of an association: its other end. */
  to?: { objectTypeId: string; objectId: string; removed: boolean };
  /** Of a merge, where it says so. */
  merge?: { primaryId?: string; mergedIds?: string[]; newId?: string };
}

/** HubSpot's words (facts §8.2) and ours. Other actions concern nothing that we keep. */
const kinds: Readonly<Record<string, JournalEvent['kind']>> = {
  CREATE: 'created',
  UPDATE: 'changed',
  DELETE: 'deleted',
  RESTORE: 'restored',
  MERGE: 'merged',
  ASSOCIATION_ADDED: 'associationChanged',
  ASSOCIATION_REMOVED: 'associationChanged',
  GDPR_DELETE: 'privacyDeleted',
};

const id = z.union([z.int().nonnegative().transform(String), z.string().regex(/^\d{1,19}$/)]);
const time = z
  .union([z.string(), z.int().positive()])
  .transform((at) => new Date(at))
  .refine((at) => at.getTime() > 0 && at.getTime() <= instantMsMax);
const typeId = z.string().regex(/^\d{1,5}-\d{1,19}$/);

const eventSchema = z.looseObject({
  portalId: id,
  action: z.string().max(100),
  occurredAt: time,
  objectTypeId: typeId.optional(),
  objectId: id.optional(),
  fromObjectTypeId: typeId.optional(),
  fromObjectId: id.optional(),
  toObjectTypeId: typeId.optional(),
  toObjectId: id.optional(),
  primaryObjectId: id.nullish().catch(null),
  mergedObjectIds: z.array(id).max(1_000).nullish().catch(null),
  newObjectId: id.nullish().catch(null),
});

/** Reads the events of a file; those of actions that we keep nothing of are left out. */
export function readJournalEvents(items: unknown[]): { events: JournalEvent[]; unreadable: number } {
  const events: JournalEvent[] = [];
  let unreadable = 0;
  for (const item of items) {
    const { success, data } = eventSchema.safeParse(item);
    const objectTypeId = data?.objectTypeId ?? data?.fromObjectTypeId;
    const objectId = data?.objectId ?? data?.fromObjectId;
    if (!success || objectTypeId === undefined || objectId === undefined) {
      // Events of another kind (an app was installed, a list changed) name no record.
      if (!success) unreadable += 1;
      continue;
    }
    const kind = kinds[data.action];
    if (kind === undefined) continue;
    const { portalId, occurredAt } = data;
    events.push({
      kind,
      portalId,
      objectTypeId,
      objectId,
      occurredAt,
      ...endOf(data, kind),
      ...mergeOf(data, kind),
    });
  }
  return { events, unreadable };
}

type Told = z.output<typeof eventSchema>;

function endOf({ action, toObjectTypeId, toObjectId }: Told, kind: string): Pick<JournalEvent, 'to'> {
  if (kind !== 'associationChanged' || toObjectTypeId === undefined || toObjectId === undefined) return {};
  const removed = action === 'ASSOCIATION_REMOVED';
  return { to: { objectTypeId: toObjectTypeId, objectId: toObjectId, removed } };
}

function mergeOf(
  { primaryObjectId, mergedObjectIds, newObjectId }: Told,
  kind: string,
): Pick<JournalEvent, 'merge'> {
  if (kind !== 'merged') return {};
  return {
    merge: {
      ...(primaryObjectId ? { primaryId: primaryObjectId } : {}),
      ...(mergedObjectIds ? { mergedIds: mergedObjectIds } : {}),
      ...(newObjectId ? { newId: newObjectId } : {}),
    },
  };
}
