import { companyHolding, companyOf } from './companies';
import type { Scene } from './contacts';
import { demoOwners } from './owners';
import type { Plot } from './plots';
import { randomOf, type Random } from './random';
import { strangerCompanyId } from './strangers';
import type { HandAssociation, Holding, Row } from './world';

const contactHoldingId = (index: number): string => String(10_000_000 + index);

/** Situations that are about what the portal holds. */
const always: readonly Plot[] = [
  'emailChangedPortal',
  'secondaryEmail',
  'secondaryIsCurrent',
  'portalByPhone',
  'portalByMobile',
  'optOutPortal',
  'laterStage',
];
/** Situations that an anchor would blur. */
const never: readonly Plot[] = ['mailboxOwner', 'sparse'];

/** What the portal holds of a person before the first sync: three people in ten are there. */
export function holdingOf(scene: Scene, rows: readonly Row[]): Holding | null {
  const { plot } = scene.place;
  const random = randomOf(scene.seed, `contact holding ${scene.person.index}`);
  if (never.includes(plot) || (!always.includes(plot) && !random.chance(0.195))) return null;
  const properties = { ...handFilled(scene, random), ...identityOf(scene, random) };
  if (plot === 'optOutPortal') properties.marketing_opt_out = 'true';
  if (plot === 'laterStage')
    properties.lifecyclestage = random.pick(['opportunity', 'customer', 'evangelist']);
  if (rows.length === 0) throw new Error('a held person is in no source');
  return { id: contactHoldingId(scene.person.index), properties, associations: byHand(scene, random) };
}

/** What makes the portal's record the person's: exactly one planted way. */
function identityOf(scene: Scene, random: Random): Record<string, string> {
  const { person, phone } = scene;
  const { first, last } = person.name;
  const exact = { firstname: first, lastname: last };
  const ancient = `first.address-${person.index.toString(36)}@ancient.example`;
  switch (scene.place.plot) {
    case 'emailChangedPortal':
      return { ...exact, email: person.oldEmail, phone: phone.e164 };
    case 'portalByPhone':
      return { ...exact, phone: phone.e164 };
    case 'portalByMobile':
      return { ...exact, email: ancient, mobilephone: phone.e164 };
    case 'secondaryEmail':
      return { ...exact, email: person.email, hs_additional_emails: person.oldEmail };
    case 'secondaryIsCurrent':
      return { ...exact, email: ancient, hs_additional_emails: `second-${ancient};${person.email}` };
    default:
      return {
        email: person.email,
        ...random.pick([
          { firstname: first.toUpperCase(), lastname: last.toUpperCase() },
          { firstname: `${first}  `, lastname: ` ${last}` },
          { firstname: `${first.slice(0, 1)}`, lastname: last },
          exact,
        ]),
        ...(random.chance(0.3) && { phone: person.phone(5).e164 }),
      };
  }
}

/** Fields that people filled in HubSpot: some that we map, most that we never touch. */
function handFilled(scene: Scene, random: Random): Record<string, string> {
  const { index, city } = scene.person;
  return {
    ...(random.chance(0.7) && {
      jobtitle: random.pick(['Teacher', 'Head of  School ', 'buyer', 'Étudiante']),
    }),
    ...(random.chance(0.5) && {
      message: `Called on Monday.\nWants course ${index % 9}, not before ${2027 + (index % 3)}`,
    }),
    ...(random.chance(0.4) && { favourite_course: `course-${index % 17}` }),
    ...(random.chance(0.4) && { city: random.chance(0.3) ? city : `Old ${city}` }),
    ...(random.chance(0.6) && { hubspot_owner_id: random.pick(demoOwners).id }),
    ...(random.chance(0.5) && {
      lifecyclestage: random.pick(['subscriber', 'lead', 'marketingqualifiedlead']),
    }),
  };
}

function byHand({ company, seed, people, person }: Scene, random: Random): HandAssociation[] {
  const made: HandAssociation[] = [];
  if (random.chance(0.15)) {
    made.push({ toObject: 'companies', toId: strangerCompanyId(person.index, people), types: [279] });
  }
  const employer = company && companyHolding(seed, companyOf(seed, company.index));
  if (employer && random.chance(0.6)) {
    made.push({ toObject: 'companies', toId: employer.id, types: random.chance(0.5) ? [279] : [1, 279] });
  }
  return made;
}
