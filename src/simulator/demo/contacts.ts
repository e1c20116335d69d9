import { companyCount, companyKeys } from './companies';
import {
  customerRow,
  referralLine,
  registrationItem,
  spoils,
  subscriberItem,
  type Belief,
  type ContactStream,
} from './contactRows';
import { misspell, recase } from './dirt';
import { groupCast, type CastMember } from './groups';
import { placeOf, type Place } from './plots';
import { randomOf, type Random } from './random';
import type { Case, Row } from './world';
import { holdingOf } from './contactHoldings';

/** A person with their situation: all that rows and holdings are made from. */
export interface Scene extends CastMember {
  seed: number;
  people: number;
  place: Place;
  random: Random;
  /** Company row that the warehouse names, if any. */
  company: { key: string; index: number } | null;
}

/** The contact of an index: every row in which the systems know the person, and what the portal holds. */
export function contactCase(seed: number, people: number, index: number): Case {
  const place = placeOf(index, people);
  const random = randomOf(seed, `contact ${index}`);
  const cast = groupCast(seed, place, index);
  const scene: Scene = {
    ...cast,
    seed,
    people,
    place,
    random,
    company: employerOf(people, random),
  };
  const rows = rowsOfScene(scene);
  return {
    object: 'contacts',
    id: `contact:${index}`,
    plot: place.plot,
    rows,
    holding: holdingOf(scene, rows),
  };
}

const customerKey = (index: number): string => `C${100_000 + index}`;
const candidateKey = (index: number): string => `IE-${String(index).padStart(7, '0')}`;
const subscriberKey = (index: number, copy = 0): string => String(500_000 + index * 2 + copy);
const referralKey = (index: number): string => `R-${index}`;

function employerOf(people: number, random: Random): Scene['company'] {
  const company = random.int(companyCount(people));
  const key = random.pick(companyKeys(company));
  return random.chance(0.6) ? { key, index: company } : null;
}

interface Sources {
  azure?: Partial<Belief>;
  ielts?: Partial<Belief>;
  eol?: Partial<Belief>;
  impact?: Partial<Belief>;
}

function build(scene: Scene, sources: Sources): Row[] {
  const { person, random } = scene;
  const { index } = person;
  const base: Belief = {
    person,
    name: person.name,
    email: person.email,
    phone: scene.phone,
    born: person.born,
  };
  const rows: Row[] = [];
  if (sources.azure) {
    const owner = random.chance(0.6) ? person.ownerEmail : undefined;
    const company = scene.company ?? undefined;
    const own = { city: person.city, owner, company, optOut: random.chance(0.5) ? false : undefined };
    rows.push(customerRow(customerKey(index), { ...base, ...own, ...sources.azure }, random));
  }
  if (sources.ielts) rows.push(registrationItem(candidateKey(index), { ...base, ...sources.ielts }, random));
  if (sources.eol) {
    const own = { optOut: random.chance(0.5) ? false : undefined };
    rows.push(subscriberItem(subscriberKey(index), { ...base, ...own, ...sources.eol }, random));
  }
  if (sources.impact) rows.push(referralLine(referralKey(index), { ...base, ...sources.impact }, random));
  return rows;
}

/** Everyday people: some of the systems know them, all by the same e-mail; names differ in case, phones may lack. */
function everyday(scene: Scene): Sources {
  const { random, person } = scene;
  const view = (): Partial<Belief> => ({
    name: recase(person.name, random),
    ...(random.chance(0.3) && { phone: undefined }),
    ...(random.chance(0.2) && { born: undefined }),
  });
  const azure = random.chance(0.7);
  const ielts = random.chance(0.35);
  const eol = random.chance(0.4);
  const impact = random.chance(0.12);
  return {
    ...((azure || !(ielts || eol || impact)) && { azure: view() }),
    ...(ielts && { ielts: view() }),
    ...(eol && { eol: view() }),
    ...(impact && { impact: view() }),
  };
}

function rowsOfScene(scene: Scene): Row[] {
  const { person, random, place } = scene;
  const { index, name } = person;
  const noPhone = { phone: undefined };
  const old = { email: person.oldEmail };
  switch (place.plot) {
    case 'plain':
    case 'unknownCustomer':
      return build(scene, place.plot === 'plain' ? everyday(scene) : { azure: {} });
    case 'familyPhone':
      return build(scene, { azure: {}, ...(random.chance(0.5) && { eol: {} }) });
    case 'switchboard':
      return build(scene, { azure: {}, ...(random.chance(0.4) && { eol: noPhone }) });
    case 'listedMailbox':
    case 'unlistedMailbox': {
      const impact = { email: scene.mailbox };
      return build(scene, random.chance(0.5) ? { azure: {}, impact } : { eol: {}, impact });
    }
    case 'mailboxOwner':
      return build(scene, { impact: { email: scene.mailbox, phone: undefined } });
    case 'emailChanged':
      return build(scene, {
        azure: old,
        ielts: { name: misspell(name, random) },
        ...(random.chance(0.5) && { eol: noPhone }),
      });
    case 'emailChangedChain':
      return build(scene, {
        azure: old,
        ielts: { name: misspell(name, random) },
        eol: { ...noPhone, name: recase(name, random) },
      });
    case 'secondaryEmail':
      return build(scene, { azure: noPhone, eol: { ...old, ...noPhone } });
    case 'emailChangedPortal':
    case 'portalByPhone':
    case 'portalByMobile':
      return build(scene, { azure: {}, ...(random.chance(0.4) && { ielts: {} }) });
    case 'secondaryIsCurrent':
    case 'optOutPortal':
    case 'laterStage':
      return build(scene, {
        azure: { optOut: false },
        ...(random.chance(0.4) && { eol: { optOut: false } }),
      });
    case 'duplicateInWarehouse': {
      const views = [{}, { company: undefined, city: undefined }].map((view) => ({
        ...{
          owner: person.ownerEmail,
          optOut: false,
          company: scene.company ?? undefined,
          city: person.city,
        },
        ...{ person, name, email: person.email, phone: scene.phone, born: person.born, frozen: true },
        ...view,
      }));
      return views.map((belief, copy) =>
        customerRow(`${customerKey(index)}${copy === 0 ? '' : 'B'}`, belief, random),
      );
    }
    case 'duplicateSubscription':
      return duplicateSubscription(scene);
    case 'repeatedLine':
      return build(scene, { impact: { frozen: true } }).map((row) => ({ ...row, repeated: true }));
    case 'phoneClash': {
      const days = [0, 1, 2].map((day) =>
        Date.UTC(2026, 3 + random.int(5), 1 + day * 9 + random.int(8), 12, index % 60),
      );
      const [first, second, third] = random.chance(0.5) ? days : [...days].reverse();
      return build(scene, {
        azure: { phone: person.phone(0), at: first as number },
        ielts: { phone: person.phone(1), at: second as number },
        eol: { phone: person.phone(2), at: third as number },
      });
    }
    case 'valueClash':
      return build(scene, {
        azure: { country: person.country.code === 'FR' ? 'DE' : 'FR' },
        ielts: {
          born: `19${60 + random.int(40)}-06-15`,
          name: { first: name.first, last: `${name.last} Jr` },
        },
        eol: { name: { first: `${name.first}ie`, last: name.last } },
        impact: { name: recase(name, random) },
      });
    case 'optOutClash':
      return build(scene, { azure: { optOut: false }, eol: { optOut: true } });
    case 'controlCharacters':
      return build(scene, { ielts: {}, eol: {} }).map(withControlCharacters);
    case 'faulty':
    case 'faultyToo':
      return faulty(scene);
    case 'unknownCompany':
      return build(scene, { azure: { company: { key: `K9${900_000 + index}` } } }).map((row) => ({
        ...row,
        frozen: true,
        faults: [{ field: null, kind: 'waitingForParent' }],
      }));
    case 'sparse': {
      const bare = { born: undefined, city: undefined, owner: undefined, optOut: undefined };
      return build(scene, { azure: { ...bare, ...(random.chance(0.5) ? noPhone : { email: undefined }) } });
    }
    case 'decomposedAccents': {
      const decomposed = { first: name.first.normalize('NFD'), last: name.last.normalize('NFD') };
      return build(scene, { azure: {}, eol: { name: decomposed } });
    }
  }
}

/** One person with two subscriptions: the same values, another spelling of the address. */
function duplicateSubscription(scene: Scene): Row[] {
  const { person, seed } = scene;
  const belief: Belief = {
    person,
    name: person.name,
    email: person.email,
    phone: scene.phone,
    optOut: false,
    frozen: true,
  };
  return [0, 1].map((copy) => {
    // The same random numbers give the same meaning; only the spelling of the copy is another.
    const row = subscriberItem(
      subscriberKey(person.index, copy),
      belief,
      randomOf(seed, `twice ${person.index}`),
    );
    return copy === 0
      ? row
      : { ...row, raw: { ...row.raw, emailAddress: null, loginEmail: person.email.toUpperCase() } };
  });
}

/** NUL where Postgres cannot hold it: at the end of a name, where any cleaning gives the same. */
function withControlCharacters(row: Row): Row {
  if (row.source === 'eol') return { ...row, raw: { ...row.raw, note: 'tea\u0000coffee \udfff' } };
  const candidate = row.raw.candidate as Record<string, unknown>;
  return {
    ...row,
    raw: {
      ...row.raw,
      remarks: '\u0000',
      candidate: { ...candidate, family_name: `${row.means.lastname}\u0000` },
    },
  };
}

/** One bad value in one system; another system or the phone still tells who it is. */
function faulty(scene: Scene): Row[] {
  const streams = Object.keys(spoils) as ContactStream[];
  const kinds = streams.flatMap((stream) => spoils[stream].map((spoil) => ({ stream, spoil: spoil })));
  const turn = scene.place.block * 2 + (scene.place.plot === 'faulty' ? 0 : 1);
  const { stream, spoil } = kinds[turn % kinds.length] as (typeof kinds)[number];
  const source = stream.split('.')[0] as keyof Sources;
  // Without its e-mail the bad row is still joined by phone and name to the other one.
  return build(scene, {
    ...(source === 'azure' ? { eol: {} } : { azure: {} }),
    [source]: { spoil, optOut: undefined },
  });
}
