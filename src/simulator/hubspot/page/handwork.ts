import { asObject, asText, type Call, type Reply } from '../call';
import { mergeRecords } from '../crm/merge';
import { shownTable } from '../portal';
import { planUpdate, sceneOf } from '../crm/recordWrites';
import { findRecord, type ObjectTable, type StoredRecord } from '../crm/recordTable';
import { notFound, Rejected } from '../rejection';
import { perform, type Simulator } from '../simulator';
import { gdprDelete } from '../crm/singles';

type Order = Record<string, unknown>;

/**
 * What a person does to a record in HubSpot: `{objectType, id, …}`, with `sourceType` and `sourceId` for somebody else
 * than a person in the UI.
 */
export const handwork: Record<string, (simulator: Simulator, body: unknown) => unknown> = {
  /** `properties`: new values; '' clears. */
  edit: byHand((call, order, { table, record }) => {
    const planned = planUpdate(
      call,
      sceneOf(call, table),
      live(record),
      asObject(order['properties'], 'properties'),
    );
    if ('status' in planned) throw new Rejected(planned);
    return planned.commit();
  }),
  /** `withId`: the record that goes into this one. */
  merge: byHand((call, order, { table, record }) => {
    call.params = { type: table.typeId };
    call.body = { primaryObjectId: live(record).id, objectIdToMerge: asText(order['withId'], 'withId') };
    return bodyOf(mergeRecords(call));
  }),
  /** Into the recycle bin. */
  archive: byHand((call, _order, { table, record }) => {
    call.write({ do: 'archive', type: table.typeId, id: live(record).id });
    return { archived: record?.id };
  }),
  /** Out of it again. */
  restore: byHand((call, _order, { table, record }) => {
    if (record?.archivedAt === undefined) throw new Rejected(notFound());
    call.write({ do: 'restore', type: table.typeId, id: record.id });
    return { restored: record.id };
  }),
  /** Deletes a contact for good, as the law wants it. */
  forget: byHand((call, _order, { record }) => {
    if (!record) throw new Rejected(notFound());
    call.body = { objectId: record.id };
    gdprDelete(call);
    return { forgotten: record.id };
  }),
};

function byHand(
  work: (
    call: Call,
    order: Order,
    found: { table: ObjectTable; record: StoredRecord | undefined },
  ) => unknown,
) {
  return (simulator: Simulator, body: unknown): unknown => {
    const order = asObject(body, 'the order');
    const text = (name: string, otherwise: string): string =>
      order[name] === undefined ? otherwise : asText(order[name], name);
    const stamp = {
      at: simulator.now(),
      type: text('sourceType', 'CRM_UI'),
      id: text('sourceId', 'userId:1'),
    };
    return perform(simulator, { stamp, version: 'v3' }, (call) => {
      const table = shownTable(call.portal, text('objectType', ''));
      return work(call, order, { table, record: findRecord(table, text('id', '')) });
    });
  };
}

function live(record: StoredRecord | undefined): StoredRecord {
  if (record && record.archivedAt === undefined) return record;
  throw new Rejected(notFound());
}

function bodyOf({ status, body }: Reply): unknown {
  return body ?? { status };
}
