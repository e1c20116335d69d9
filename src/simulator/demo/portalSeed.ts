import { demoOwners, salesPipeline } from './owners';
import { casesOf, type World } from './world';

/** Records or associations per request. */
const chunkSize = 5_000;

/** When the portal's people typed what it holds. */
const heldSince = '2024-05-06T09:00:00.000Z';

/**
 * Properties that exist before `setup`: some of the configured ones, so that setup finds both kinds, and one that
 * only people fill.
 */
const properties = {
  contacts: [
    { name: 'favourite_course', label: 'Favourite course', type: 'string', fieldType: 'text' },
    {
      name: 'marketing_opt_out',
      label: 'Marketing opt-out',
      type: 'bool',
      fieldType: 'booleancheckbox',
      ...yesOrNo(),
    },
  ],
  companies: [
    { name: 'registration_number', label: 'Registration number', type: 'string', fieldType: 'text' },
  ],
};

function yesOrNo(): object {
  const option = (label: string, value: string, displayOrder: number): object => ({
    label,
    value,
    displayOrder,
    hidden: false,
  });
  return { options: [option('Yes', 'true', 0), option('No', 'false', 1)] };
}

function definitions(): object {
  const times = { createdAt: heldSince, updatedAt: heldSince, archived: false };
  const stages = salesPipeline.stages.map(({ id, label, probability }, displayOrder) => ({
    ...{ id, label, displayOrder, archived: false },
    metadata: { probability, isClosed: String(probability === '1.0' || probability === '0.0') },
  }));
  return {
    properties,
    owners: demoOwners.map((owner) => ({ ...owner, userId: Number(owner.id) + 5_000, ...times })),
    pipelines: {
      deals: [{ id: salesPipeline.id, label: salesPipeline.label, displayOrder: 0, archived: false, stages }],
    },
  };
}

/** The bodies of POST /_simulator/seed, in order: definitions, records, what people associated by hand. */
export function* portalSeed(world: World): Iterable<object> {
  yield definitions();
  let records: object[] = [];
  const associations: object[] = [];
  for (const { object, holding } of casesOf(world)) {
    if (!holding) continue;
    const { hs_additional_emails: further, ...held } = holding.properties;
    const secondaryEmails = further ? further.split(';') : [];
    records.push({
      objectType: object,
      id: holding.id,
      properties: held,
      secondaryEmails,
      createdAt: heldSince,
    });
    for (const { toObject, toId, types } of holding.associations) {
      associations.push({
        from: { objectType: object, id: holding.id },
        to: { objectType: toObject, id: toId },
        types: types.map((associationTypeId) => ({
          associationCategory: 'HUBSPOT_DEFINED',
          associationTypeId,
        })),
      });
    }
    if (records.length < chunkSize) continue;
    yield { records };
    records = [];
  }
  yield { records };
  for (let at = 0; at < associations.length; at += chunkSize)
    yield { associations: associations.slice(at, at + chunkSize) };
}

/** Fills a simulator's portal. Throws with the simulator's reason where it refuses; what came before it stays. */
export async function seedSimulator(simulatorUrl: string, world: World): Promise<void> {
  for (const body of portalSeed(world)) {
    const reply = await fetch(new URL('/_simulator/seed', simulatorUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!reply.ok)
      throw new Error(
        `the simulator refused the seed with ${reply.status}: ${(await reply.text()).slice(0, 500)}`,
      );
    await reply.arrayBuffer();
  }
}
