import type { PortalAssociation, PortalContent, PortalRecord } from './compare';
import { worldObjects, type WorldObject } from './world';

/** The directions in which associations are compared; the simulator exports both. */
const directions = ['contacts>companies', 'deals>contacts', 'deals>companies'];

/** What the oracle compares, from the lines of GET /_simulator/export. Object types of others are left out. */
export function readExport(lines: Iterable<string>): PortalContent {
  const records: PortalRecord[] = [];
  const associations: PortalAssociation[] = [];
  for (const line of lines) {
    if (line.trim() === '') continue;
    const entry = JSON.parse(line) as ExportedRecord | ExportedAssociation;
    if (entry.kind === 'record') {
      const { objectType, id, properties, archived, writes } = entry;
      if (isWorldObject(objectType)) records.push({ object: objectType, id, properties, archived, writes });
    } else if (directions.includes(`${entry.fromObjectType}>${entry.toObjectType}`)) {
      const { fromObjectType, fromId, toObjectType, toId, types } = entry;
      associations.push({
        ...{ fromObject: fromObjectType as WorldObject, fromId, toObject: toObjectType as WorldObject, toId },
        // Labels of other applications have ids of their own and are nobody's business here.
        types: types.filter(({ category }) => category === 'HUBSPOT_DEFINED').map(({ typeId }) => typeId),
      });
    }
  }
  return { records, associations };
}

export interface ExportedRecord {
  kind: 'record';
  objectType: string;
  id: string;
  properties: Record<string, string>;
  archived: boolean;
  writes: number;
}

export interface ExportedAssociation {
  kind: 'association';
  fromObjectType: string;
  fromId: string;
  toObjectType: string;
  toId: string;
  types: { category: string; typeId: number }[];
}

const isWorldObject = (name: string): name is WorldObject =>
  (worldObjects as readonly string[]).includes(name);

/** Reads a running simulator's whole portal. */
export async function readSimulator(simulatorUrl: string): Promise<PortalContent> {
  const reply = await fetch(new URL('/_simulator/export', simulatorUrl));
  if (!reply.ok) throw new Error(`the simulator's export answered ${reply.status}`);
  return readExport((await reply.text()).split('\n'));
}
