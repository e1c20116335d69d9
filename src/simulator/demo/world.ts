/**
 * The demo world: real people and companies (cases), the dirty rows in which the source systems know them,
 * and what the portal already holds of them. A case is generated from the seed and its index alone, so a
 * world of 100,000 people needs no memory and two processes with the same settings see the same world.
 */

export const worldObjects = ['companies', 'contacts', 'deals'] as const;
export type WorldObject = (typeof worldObjects)[number];

/** One row as a source system holds it, and what it means when read by the documented rules. */
export interface Row {
  source: string;
  stream: string;
  object: WorldObject;
  key: string;
  /** As the source serves it: column or path → value. */
  raw: Record<string, unknown>;
  /** HubSpot property → canonical value. A property that is absent is unknown. */
  means: Record<string, string>;
  /** When the source says that the row changed; null where the stream has no such time. */
  changedAt: string | null;
  /** Properties whose value was changed after the world was first served, and when. */
  changedLater: Record<string, string>;
  links: RowLink[];
  faults: RowFault[];
  /** Never touched by random changes, because its meaning hangs on another row. */
  frozen: boolean;
  /** Deleted at the source by a planned change. */
  gone: boolean;
  /** The drop folder holds this line twice. */
  repeated?: true;
}

/** A reference to another row by its key. */
export interface RowLink {
  stream: 'azure.companies' | 'azure.customers';
  key: string;
  primary: boolean;
}

export interface RowFault {
  field: string | null;
  kind: string;
}

/** What the portal holds before the first sync. */
export interface Holding {
  id: string;
  properties: Record<string, string>;
  /** What people associated by hand. */
  associations: HandAssociation[];
}

export interface HandAssociation {
  toObject: WorldObject;
  toId: string;
  /** HubSpot-defined type ids in the direction from the holding (facts §5): 279 contact→company, 1 its primary. */
  types: number[];
}

/** One real person, company or deal. */
export interface Case {
  object: WorldObject;
  /** `contact:17`, `company:3`, `deal:17.2`; a stranger's is `contact:x4`. */
  id: string;
  /** The planted situation. */
  plot: string;
  rows: Row[];
  holding: Holding | null;
}

/** A row that is no record: a line with too many columns, an item that is no object. */
export interface Junk {
  source: string;
  stream: string;
  index: number;
  /** The CSV line, or the JSON text of the item. */
  text: string;
}

/** A change of the world after it was first served. Kept in order; applying all of them is deterministic. */
export type Change =
  | { do: 'rows'; fraction: number; seed: number; at: string }
  | { do: 'optOut'; person: number; at: string }
  | { do: 'delete'; source: string; stream: string; key: string; at: string };

export interface World {
  seed: number;
  people: number;
  changes: readonly Change[];
  companies(): Iterable<Case>;
  /** Each person with the deals made with them. */
  persons(): Iterable<{ contact: Case; deals: Case[] }>;
  /** Contacts, companies and deals that only the portal knows. */
  strangers(): Iterable<Case>;
  junk(): Iterable<Junk>;
}

/** All cases: companies, then each contact before its deals, then strangers. */
export function* casesOf(world: Pick<World, 'companies' | 'persons' | 'strangers'>): Iterable<Case> {
  yield* world.companies();
  for (const { contact, deals } of world.persons()) {
    yield contact;
    yield* deals;
  }
  yield* world.strangers();
}

/** The companies, contacts or deals that the sources know. */
export function* casesOfObject(world: World, object: WorldObject): Iterable<Case> {
  if (object === 'companies') return yield* world.companies();
  for (const { contact, deals } of world.persons()) {
    if (object === 'contacts') yield contact;
    else yield* deals;
  }
}

/** All rows of all streams, deleted ones left out. */
export function* allRows(world: World): Iterable<Row> {
  for (const one of casesOf(world)) {
    for (const row of one.rows) if (!row.gone) yield row;
  }
}

const objectOfStream: Record<string, WorldObject> = {
  'azure.companies': 'companies',
  'azure.transactions': 'deals',
  'erp.orders': 'deals',
};

/** All rows of one stream, deleted ones left out. */
export function* rowsOf(world: World, source: string, stream: string): Iterable<Row> {
  for (const one of casesOfObject(world, objectOfStream[`${source}.${stream}`] ?? 'contacts')) {
    for (const row of one.rows) {
      if (row.source === source && row.stream === stream && !row.gone) yield row;
    }
  }
}
