import { knownPartners } from '../../db/delivery/knownAssociations';
import type { ChangedObject } from '../../domain/receive/readEvents';
import type { HubSpotClient } from '../../hubspot/client';
import type { ActivityContext } from '../context';
import { readChangedAssociations } from './readChanged';

/**
 * Names the records whose side of an association is tracked, where objects ask for those of their partners: what HubSpot
 * associates with them now, and what was known to be associated with them or with what went into them. One more call per
 * 1,000 objects and type of partners.
 * @param objects of one type
 * @returns the objects with the associations of their partners among those to be read
 * @throws HubSpotFailure
 */
export async function withPartners(
  { pool, hubspotType }: ActivityContext,
  client: HubSpotClient,
  portalId: string,
  objectType: string,
  objects: readonly ChangedObject[],
): Promise<{ objects: ChangedObject[]; calls: number }> {
  const asking = objects.filter(({ partners }) => partners.length > 0);
  if (asking.length === 0) return { objects: [...objects], calls: 0 };
  const wanted = asking.flatMap(({ id, partners }) =>
    partners.map((toObject) => ({ objectType, id, toObject })),
  );
  const { read, calls } = await readChangedAssociations(client, hubspotType, wanted);
  const now = new Map(asking.flatMap(({ id, merged }) => [id, ...merged].map((part) => [part, id] as const)));
  const found = new Map<string, Set<string>>();
  const note = (partner: string, partnerId: string, id: string) => {
    const key = `${partner} ${id}`;
    const ids = found.get(key) ?? new Set();
    found.set(key, ids.add(partnerId));
  };
  for (const { toObject: partner, associations } of read) {
    for (const { fromId, to } of associations) for (const { toId } of to) note(partner, toId, fromId);
    const known = await knownPartners(pool, portalId, partner, objectType, [...now.keys()]);
    for (const { fromId, toId } of known) note(partner, fromId, now.get(toId)!);
  }
  const ofPartners = ({ id, partners }: ChangedObject) =>
    partners.flatMap((partner) =>
      [...(found.get(`${partner} ${id}`) ?? [])].map((partnerId) => {
        return { objectType: partner, id: partnerId, toObject: objectType };
      }),
    );
  const complete = (object: ChangedObject): ChangedObject => ({
    ...object,
    associations: [...object.associations, ...ofPartners(object)],
  });
  return { objects: objects.map(complete), calls };
}
