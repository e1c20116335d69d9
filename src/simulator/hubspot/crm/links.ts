/** A kind of association in one direction. `key` is category letter plus id, e.g. `H279`, `U1`. */
export interface LinkType {
  key: string;
  category: 'HUBSPOT_DEFINED' | 'USER_DEFINED';
  typeId: number;
  label: string | null;
  kind: 'unlabeled' | 'primary' | 'label';
  from: string;
  to: string;
  inverse: string;
}

/** All association types and all associations, both directions, by (from type, to type), from id, to id. */
export interface LinkStore {
  types: Map<string, LinkType[]>;
  pairs: Map<string, Map<string, Map<string, string[]>>>;
  nextTypeId: number;
}

type Defined = [
  from: string,
  to: string,
  kind: LinkType['kind'],
  there: number,
  back: number,
  label?: [string, string],
];

// Type ids of https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide
const hubspotDefined: Defined[] = [
  ['0-1', '0-2', 'unlabeled', 279, 280],
  ['0-1', '0-2', 'primary', 1, 2],
  ['0-3', '0-1', 'unlabeled', 3, 4],
  ['0-3', '0-2', 'unlabeled', 341, 342],
  ['0-3', '0-2', 'primary', 5, 6],
  ['0-1', '0-5', 'unlabeled', 15, 16],
  ['0-2', '0-5', 'unlabeled', 340, 339],
  ['0-2', '0-5', 'primary', 25, 26],
  ['0-3', '0-5', 'unlabeled', 27, 28],
  ['0-1', '0-1', 'unlabeled', 449, 449],
  ['0-2', '0-2', 'unlabeled', 450, 450],
  ['0-3', '0-3', 'unlabeled', 451, 451],
  ['0-5', '0-5', 'unlabeled', 452, 452],
  ['0-2', '0-2', 'label', 13, 14, ['Child Company', 'Parent Company']],
];

const pairKey = (from: string, to: string): string => `${from}>${to}`;

/** A store with HubSpot's own association types and no associations. */
export function createLinkStore(): LinkStore {
  const store: LinkStore = { types: new Map(), pairs: new Map(), nextTypeId: 1 };
  for (const [from, to, kind, there, back, label] of hubspotDefined) {
    const primary = kind === 'primary' ? 'Primary' : null;
    const type = { category: 'HUBSPOT_DEFINED' as const, kind };
    addLinkType(store, {
      ...type,
      key: `H${there}`,
      typeId: there,
      label: label?.[0] ?? primary,
      from,
      to,
      inverse: `H${back}`,
    });
    if (there === back) continue;
    addLinkType(store, {
      ...type,
      key: `H${back}`,
      typeId: back,
      label: label?.[1] ?? primary,
      from: to,
      to: from,
      inverse: `H${there}`,
    });
  }
  return store;
}

/** Adds a type, or replaces the one of the same key and direction. */
export function addLinkType(store: LinkStore, type: LinkType): void {
  const held = linkTypes(store, type.from, type.to);
  const at = held.findIndex((other) => other.key === type.key);
  if (at >= 0) held[at] = type;
  else held.push(type);
  store.types.set(pairKey(type.from, type.to), held);
  if (type.category === 'USER_DEFINED') store.nextTypeId = Math.max(store.nextTypeId, type.typeId + 1);
}

/** Removes a type in its direction, and from every association that has it. */
export function removeLinkType(store: LinkStore, from: string, to: string, key: string): void {
  const types = linkTypes(store, from, to).filter((type) => type.key !== key);
  store.types.set(pairKey(from, to), types);
  for (const row of store.pairs.get(pairKey(from, to))?.values() ?? []) {
    for (const [id, keys] of row)
      row.set(
        id,
        keys.filter((held) => held !== key),
      );
  }
}

/** The types from one object type to another. */
export function linkTypes(store: LinkStore, from: string, to: string): LinkType[] {
  return store.types.get(pairKey(from, to)) ?? [];
}

/** The type keys that associate two records; empty when they are not associated. */
export function linkKeys(store: LinkStore, from: string, fromId: string, to: string, toId: string): string[] {
  return store.pairs.get(pairKey(from, to))?.get(fromId)?.get(toId) ?? [];
}

/** All associations of one record to one object type: id and type keys. */
export function linksOf(
  store: LinkStore,
  from: string,
  fromId: string,
  to: string,
): ReadonlyMap<string, string[]> {
  return store.pairs.get(pairKey(from, to))?.get(fromId) ?? new Map<string, string[]>();
}

function setOneWay(
  store: LinkStore,
  from: string,
  fromId: string,
  to: string,
  toId: string,
  keys: string[],
): void {
  let pair = store.pairs.get(pairKey(from, to));
  if (!pair) store.pairs.set(pairKey(from, to), (pair = new Map()));
  let row = pair.get(fromId);
  if (keys.length === 0) {
    row?.delete(toId);
    if (row?.size === 0) pair.delete(fromId);
    return;
  }
  if (!row) pair.set(fromId, (row = new Map()));
  row.set(toId, keys);
}

/** Sets exactly these types between two records, and their inverses the other way; none removes the association. */
export function setLink(
  store: LinkStore,
  from: string,
  fromId: string,
  to: string,
  toId: string,
  keys: string[],
): void {
  const types = linkTypes(store, from, to);
  const inverses = keys.map((key) => types.find((type) => type.key === key)?.inverse ?? key);
  setOneWay(store, from, fromId, to, toId, keys);
  setOneWay(store, to, toId, from, fromId, inverses);
}

/** Every (to type, to id, keys) of one record, over all object types. */
export function allLinksOf(
  store: LinkStore,
  from: string,
  fromId: string,
): [to: string, toId: string, keys: string[]][] {
  const found: [string, string, string[]][] = [];
  for (const [key, pair] of store.pairs) {
    const [source, target] = key.split('>') as [string, string];
    if (source !== from) continue;
    for (const [toId, keys] of pair.get(fromId) ?? []) found.push([target, toId, keys]);
  }
  return found;
}
