import { asArray, type Call } from '../call';
import { planInlineLinks, type PlannedLink } from './inlineLinks';
import { commitLink } from './linkWrites';
import { planWrite, type Overlay, type WriteScene } from './planWrite';
import { objectsNotFound, type Rejection } from '../rejection';
import { liveRecord, type ObjectTable, type StoredRecord } from './recordTable';
import { recordReply, writtenProperties, type View } from './recordView';
import type { PlannedInput } from './batch';

/** The scene of a call's writes on one object type; inputs of one batch share the overlay. */
export function sceneOf(call: Call, table: ObjectTable, overlay: Overlay = new Map()): WriteScene {
  const { portal, settings, random } = call;
  // Rules of the admin are enforced from 2026-09 on (facts 1.4).
  const enforceRules = call.version >= '2026-09' && call.version.startsWith('20');
  return { portal, table, switches: settings.switches, overlay, enforceRules, random };
}

/** What a reply about the scene's records is made from. */
export function viewOf(call: Call, table: ObjectTable): View {
  return { portal: call.portal, table, switches: call.settings.switches };
}

/** Plans a new record with its inline associations. */
export function planCreate(
  call: Call,
  scene: WriteScene,
  raw: Record<string, unknown>,
  associations: unknown,
): PlannedInput | Rejection {
  const { table } = scene;
  const links: PlannedLink[] = [];
  for (const association of asArray(associations, 'associations')) {
    const planned = planInlineLinks(call, table, association);
    if ('status' in planned) return planned;
    links.push(planned);
  }
  const id = String(table.nextId);
  const planned = planWrite(scene, undefined, raw, id);
  if ('status' in planned) return planned;
  table.nextId++;
  const commit = (): Record<string, unknown> => {
    call.write({ do: 'create', type: table.typeId, id, properties: planned.properties });
    for (const link of links) commitLink(call, { from: table.typeId, fromId: id, ...link });
    return replyAfterWrite(call, table, id, Object.keys(planned.properties));
  };
  return { commit };
}

/** Plans a write to a record that exists. */
export function planUpdate(
  call: Call,
  scene: WriteScene,
  record: StoredRecord,
  raw: Record<string, unknown>,
): PlannedInput | Rejection {
  const { table } = scene;
  const planned = planWrite(scene, record, raw, record.id);
  if ('status' in planned) return planned;
  const commit = (): Record<string, unknown> => {
    call.write({ do: 'write', type: table.typeId, id: record.id, ...planned });
    return replyAfterWrite(call, table, record.id, Object.keys(raw));
  };
  return { commit };
}

function replyAfterWrite(
  call: Call,
  table: ObjectTable,
  id: string,
  written: string[],
): Record<string, unknown> {
  const record = table.records.get(id) as StoredRecord;
  const view = viewOf(call, table);
  return recordReply(view, record, writtenProperties(view, record, written));
}

/** The live record of an id, or the 404 of a batch. */
export function liveOrMissing(table: ObjectTable, id: string): StoredRecord | Rejection {
  return liveRecord(table, id) ?? objectsNotFound(table.singular.toUpperCase(), [id]);
}
