import { companyCount, companyOf, companyPlot } from './companies';
import { salesPipeline } from './owners';
import { britain } from './countries';
import { phoneOf } from './phones';
import { pickName } from './names';
import { randomOf } from './random';
import type { Case, WorldObject } from './world';

const strangerId = (object: WorldObject, index: number): string =>
  String({ contacts: 18_000_000, companies: 28_000_000, deals: 38_000_000 }[object] + index);

const strangerCount = (people: number): number => Math.max(2, Math.round(people / 50));
const strangerCompanyCount = (people: number): number => Math.max(1, Math.round(people / 200));

/** The HubSpot id of one of the companies that no source knows. */
export const strangerCompanyId = (index: number, people: number): string =>
  strangerId('companies', index % strangerCompanyCount(people));

/** What only the portal knows: it must stay as it is, without one write. */
export function* strangersOf(seed: number, people: number): Iterable<Case> {
  for (let index = 0; index < strangerCompanyCount(people); index++) {
    const properties = {
      name: `Walk-in customer ${index}`,
      domain: `walk-in-${index}.example`,
      description: ' by hand ',
    };
    yield stranger('companies', index, properties, []);
  }
  for (let index = 0; index < companyCount(people); index++) {
    // A namesake of a company that has neither registration number nor domain: a name alone joins nothing.
    if (companyPlot(index) !== 'nameOnly') continue;
    yield stranger(
      'companies',
      500_000 + index,
      { name: companyOf(seed, index).name, phone: '0800 000' },
      [],
    );
  }
  for (let index = 0; index < strangerCount(people); index++) {
    const random = randomOf(seed, `stranger ${index}`);
    const name = pickName('en', random);
    const properties: Record<string, string> = {
      ...(random.chance(0.8) && { email: `walk.in.${index}@stranger.example` }),
      firstname: ` ${name.first.toUpperCase()}`,
      lastname: name.last,
      ...(random.chance(0.5) && { phone: phoneOf(britain, 90_000_000 + index).e164 }),
      ...{ jobtitle: 'Visitor', favourite_course: `course-${index % 17}`, city: 'Nowhere ' },
    };
    const toId = strangerCompanyId(index, people);
    yield stranger(
      'contacts',
      index,
      properties,
      random.chance(0.5) ? [{ toObject: 'companies', toId, types: [1, 279] }] : [],
    );
  }
  for (let index = 0; index < Math.ceil(strangerCount(people) / 4); index++) {
    const properties = {
      ...{ dealname: `Hand-made deal ${index}`, amount: '12.50', closedate: '2026-05-01T09:30:00.000Z' },
      ...{ pipeline: salesPipeline.id, dealstage: salesPipeline.stages[0].id },
    };
    yield stranger('deals', index, properties, [
      { toObject: 'contacts', toId: strangerId('contacts', index), types: [3] },
      { toObject: 'companies', toId: strangerCompanyId(index, people), types: [5, 341] },
    ]);
  }
}

function stranger(
  object: WorldObject,
  index: number,
  properties: Record<string, string>,
  associations: NonNullable<Case['holding']>['associations'],
): Case {
  const holding = { id: strangerId(object, index), properties, associations };
  const single = { companies: 'company', contacts: 'contact', deals: 'deal' }[object];
  return { object, id: `${single}:x${index}`, plot: 'stranger', rows: [], holding };
}
