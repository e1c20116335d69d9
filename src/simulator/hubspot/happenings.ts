import type { Change } from './changes';
import { linkKeys, linkTypes } from './crm/links';
import type { Portal } from './portal';

/** What HubSpot tells about a change: the raw material of webhooks. */
export type Happening =
  | { what: 'creation' | 'deletion' | 'restore' | 'privacyDeletion'; typeId: string; id: string }
  | { what: 'propertyChange'; typeId: string; id: string; name: string; value: string }
  | { what: 'merge'; typeId: string; id: string; primary: string; merged: string[]; moved: number }
  | {
      what: 'associationChange';
      typeId: string;
      id: string;
      toType: string;
      toId: string;
      removed: boolean;
      primary: boolean;
    };

/** What a change will have told; to be asked before it is applied. A value that is held already is no change. */
export function happeningsOf(portal: Portal, change: Change): Happening[] {
  switch (change.do) {
    case 'create':
      return [{ what: 'creation', typeId: change.type, id: change.id }];
    case 'write':
      return written(portal, change);
    case 'archive':
      return [{ what: 'deletion', typeId: change.type, id: change.id }];
    case 'restore':
      return [{ what: 'restore', typeId: change.type, id: change.id }];
    case 'forget':
      return [{ what: 'privacyDeletion', typeId: change.type, id: change.id }];
    case 'merge': {
      const { type: typeId, into: id, primary, loser, fill } = change;
      return [{ what: 'merge', typeId, id, primary, merged: [loser], moved: Object.keys(fill).length }];
    }
    case 'link':
      return linked(portal, change);
    default:
      return [];
  }
}

function written(
  portal: Portal,
  { type: typeId, id, properties }: Extract<Change, { do: 'write' }>,
): Happening[] {
  const held = portal.tables.get(typeId)?.records.get(id)?.properties ?? {};
  return Object.entries(properties)
    .filter(([name, value]) => (held[name] ?? '') !== value)
    .map(([name, value]) => ({ what: 'propertyChange', typeId, id, name, value }));
}

/** Told once per side, and twice more for a primary (facts 8). */
function linked(
  portal: Portal,
  { from, fromId, to, toId, keys }: Extract<Change, { do: 'link' }>,
): Happening[] {
  const held = linkKeys(portal.links, from, fromId, to, toId);
  const added = keys.filter((key) => !held.includes(key));
  const removed = held.filter((key) => !keys.includes(key));
  const touched = [...added, ...removed];
  if (touched.length === 0) return [];
  const isPrimary = linkTypes(portal.links, from, to).some(
    ({ key, kind }) => kind === 'primary' && touched.includes(key),
  );
  const sides = (primary: boolean): Happening[] => {
    const about = { what: 'associationChange' as const, removed: added.length === 0, primary };
    return [
      { ...about, typeId: from, id: fromId, toType: to, toId },
      { ...about, typeId: to, id: toId, toType: from, toId: fromId },
    ];
  };
  return isPrimary ? [...sides(false), ...sides(true)] : sides(false);
}
