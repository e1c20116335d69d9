import { britain, pickCountry, type Country } from './countries';
import { asciiOf, fullName, pickName, type Name } from './names';
import { demoOwners } from './owners';
import { phoneOf, phoneSlots, type Phone } from './phones';
import { randomOf } from './random';
import { similarityOf } from './similarity';

/** The truth about one person, before any system has spelled it its own way. */
export interface Person {
  index: number;
  country: Country;
  name: Name;
  /** In use today. */
  email: string;
  /** Used before; some systems still know it. */
  oldEmail: string;
  city: string;
  /** YYYY-MM-DD */
  born: string;
  ownerEmail: string;
  language: string;
  paying: boolean;
  /** One of the person's own numbers: 0 today's, higher ones for planted differences and changes. */
  phone(slot: number): Phone;
}

// Reserved names (RFC 2606): the demo's people can never be reached.
const mailHosts = ['postbox.example', 'inbox.example', 'mail.example.org', 'letters.example.net'];
const languages = ['en', 'es', 'fr', 'de', 'it', 'pl', 'tr', 'el', 'zh'];

/** The person of an index; `named` gives planted people their name, `from` their country. */
export function personOf(
  seed: number,
  index: number,
  planted: { name?: Name; country?: Country } = {},
): Person {
  const random = randomOf(seed, `person ${index}`);
  const drawn = pickCountry(random);
  const country = planted.country ?? drawn;
  const drawnName = pickName(country.names, random);
  const name = planted.name ?? drawnName;
  const tag = index.toString(36);
  const local = `${asciiOf(name.first)}.${asciiOf(name.last)}`;
  return {
    index,
    country,
    name,
    email: `${local}.${tag}@${random.pick(mailHosts)}`,
    oldEmail: `${asciiOf(name.last)}${asciiOf(name.first).slice(0, 1)}-${tag}@former.example`,
    city: random.pick(country.cities),
    born: dayOf(Date.UTC(1950 + random.int(55), random.int(12), 1 + random.int(28))),
    ownerEmail: random.pick(demoOwners).email,
    language: random.pick(languages),
    paying: random.chance(0.4),
    phone: (slot) => phoneOf(country, index * phoneSlots + slot),
  };
}

/** A person who is clearly somebody else than the others: no name comes near theirs. */
export function strangerTo(
  seed: number,
  index: number,
  others: readonly Name[],
  country: Country = britain,
): Person {
  for (let attempt = 0; attempt < 200; attempt++) {
    const name = pickName(country.names, randomOf(seed, `other ${index} ${attempt}`));
    if (others.every((other) => isUnlike(name, other))) return personOf(seed, index, { name, country });
  }
  throw new Error('no name unlike the others was found');
}

/** True where no reading of the rules (with or without case and accents) could take two names for one person's. */
function isUnlike(left: Name, right: Name): boolean {
  const [a, b] = [fullName(left), fullName(right)];
  return [(text: string) => text, foldCase, foldAccents].every(
    (fold) => similarityOf(fold(a), fold(b)) < 0.75,
  );
}

const foldCase = (text: string): string => text.toLowerCase();
const foldAccents = (text: string): string => foldCase(text.normalize('NFD').replace(/\p{M}/gu, ''));

/** The date of an instant, YYYY-MM-DD in UTC. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
