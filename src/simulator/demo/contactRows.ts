import { bulkLoadAt, isoOf, missing, pad, pickTime, slashed, spellEmail } from './dirt';
import type { Name } from './names';
import { demoOwners, unknownOwnerEmail } from './owners';
import { dayOf, type Person } from './person';
import { spellPhone, type Phone } from './phones';
import type { Random } from './random';
import type { Row, RowLink } from './world';

/** What one system believes of a person; what is absent is missing there. */
export interface Belief {
  person: Person;
  name: Name;
  email?: string | undefined;
  phone?: Phone | undefined;
  city?: string | undefined;
  born?: string | undefined;
  optOut?: boolean | undefined;
  owner?: string | undefined;
  paying?: boolean;
  /** ISO code other than the person's own. */
  country?: string;
  /** Changed last at this time; milliseconds. */
  at?: number;
  /** One fault to plant; see `faultsOf`. */
  spoil?: Spoil;
  company?: { key: string } | undefined;
  frozen?: boolean;
}

export const spoils = {
  'azure.customers': ['email', 'phone', 'date_of_birth', 'hubspot_owner_id', 'marketing_opt_out'],
  'ielts.registrations': ['email', 'date_of_birth', 'ielts_band', 'ielts_test_date'],
  'eol.subscribers': ['email', 'phone', 'eol_plan', 'eol_started_on'],
  'impact.referrals': ['email', 'phone', 'referred_on'],
} as const;
export type ContactStream = keyof typeof spoils;
export type Spoil = (typeof spoils)[ContactStream][number];

const badEmails = ['n/a', 'ann.smith(at)inbox.example', '@inbox.example', 'two@@inbox.example'];
const badPhones = ['call the office', '12', 'unknown'];
const yes = ['true', 'yes', '1', 'Y'];
const no = ['false', 'no', '0', 'N'];

function rowOf(
  stream: ContactStream,
  key: string,
  belief: Belief,
  at: number | null,
  parts: Pick<Row, 'raw' | 'means'>,
): Row {
  const [source, name] = stream.split('.') as [string, string];
  const kind = belief.spoil === 'hubspot_owner_id' ? 'unresolvedReference' : 'invalidValue';
  const means: Record<string, string> = {};
  for (const property in parts.means) {
    const value = parts.means[property] as string;
    if (value !== '' && property !== belief.spoil) means[property] = value;
  }
  const links: RowLink[] = belief.company
    ? [{ stream: 'azure.companies', key: belief.company.key, primary: true }]
    : [];
  return {
    source,
    stream: name,
    object: 'contacts',
    key,
    raw: parts.raw,
    means,
    changedAt: at === null ? null : isoOf(at),
    changedLater: {},
    links,
    faults: belief.spoil ? [{ field: belief.spoil, kind }] : [],
    frozen: belief.frozen === true || belief.spoil !== undefined,
    gone: false,
  };
}

function emailText(belief: Belief, random: Random): string | null {
  if (belief.spoil === 'email') return random.pick(badEmails);
  return belief.email === undefined ? missing(random) : spellEmail(belief.email, random);
}

function phoneText(belief: Belief, random: Random, tellsCountry: boolean): string | null {
  if (belief.spoil === 'phone') return random.pick(badPhones);
  if (!belief.phone) return missing(random);
  return spellPhone(belief.phone, random, tellsCountry);
}

const common = (belief: Belief): Record<string, string> => ({
  email: belief.email ?? '',
  firstname: belief.name.first,
  lastname: belief.name.last,
  phone: belief.phone?.e164 ?? '',
});

/** A row of the warehouse. */
export function customerRow(key: string, belief: Belief, random: Random): Row {
  const { person, name, spoil } = belief;
  const at = belief.at ?? pickTime(random);
  const code = belief.country ?? person.country.code;
  // The region of a national number is taken from the country, so the code may only be padded where it is not needed.
  const native = belief.phone?.country.code === code;
  const optOut = belief.optOut;
  const owner = demoOwners.find(({ email }) => email === belief.owner);
  const ownerText = belief.owner === undefined ? missing(random) : spellEmail(belief.owner, random);
  const raw = {
    customer_id: key,
    email: emailText(belief, random),
    first_name: pad(name.first, random),
    last_name: pad(name.last, random),
    phone: phoneText(belief, random, native),
    country: native ? code : pad(code, random),
    city: belief.city === undefined ? missing(random) : pad(belief.city, random),
    birth_date: birthText(belief, random),
    account_manager_email: spoil === 'hubspot_owner_id' ? unknownOwnerEmail : ownerText,
    is_paying: belief.paying ?? person.paying,
    do_not_contact:
      spoil === 'marketing_opt_out'
        ? 'perhaps'
        : optOut === undefined
          ? missing(random)
          : random.pick(optOut ? yes : no),
    company_id: belief.company?.key ?? null,
    modified_at: microsOf(at),
  };
  const means = {
    ...common(belief),
    country: code,
    city: belief.city ?? '',
    date_of_birth: belief.born ?? '',
    hubspot_owner_id: owner?.id ?? '',
    lifecyclestage: (belief.paying ?? person.paying) ? 'customer' : 'lead',
    marketing_opt_out: optOut === undefined ? '' : String(optOut),
  };
  return rowOf('azure.customers', key, belief, at, { raw, means });
}

function birthText(belief: Belief, random: Random): string | null {
  if (belief.spoil === 'date_of_birth')
    return random.pick(['1990-02-31', '31/02/1990', 'spring 1990', '1987-13-01']);
  if (belief.born === undefined) return missing(random);
  return random.chance(0.4) ? slashed(belief.born) : belief.born;
}

/** The warehouse keeps microseconds, which a JavaScript date would lose. */
export const microsOf = (ms: number): string =>
  `${isoOf(ms).slice(0, -1)}${ms === bulkLoadAt ? '000' : '417'}Z`;

/** An item of the exam registry. */
export function registrationItem(key: string, belief: Belief, random: Random): Row {
  const { person, name, spoil } = belief;
  const at = belief.at ?? pickTime(random);
  const code = belief.country ?? person.country.code;
  const band = 4 + random.int(11) / 2;
  const test = dayOf(at - 86_400_000 * (5 + random.int(60)));
  const raw = {
    candidate_id: key,
    candidate: {
      email: emailText(belief, random),
      given_name: pad(name.first, random),
      family_name: pad(name.last, random),
      mobile: phoneText(belief, random, true),
      country_code: person.country.code,
      country: pad(code, random),
      dob: spoil === 'date_of_birth' ? '1991-04-31' : (belief.born ?? null),
    },
    result: { overall: spoil === 'ielts_band' ? 'seven' : random.chance(0.5) ? band : band.toFixed(1) },
    test_date: spoil === 'ielts_test_date' ? '2026-13-01' : test,
    remarks: random.chance(0.1) ? 'seat\u0000 12' : null,
    updated_at: isoOf(at),
  };
  const means = {
    ...common(belief),
    country: code,
    date_of_birth: belief.born ?? '',
    ielts_candidate_id: key,
    ielts_band: String(band),
    ielts_test_date: test,
  };
  return rowOf('ielts.registrations', key, belief, at, { raw, means });
}

/** An item of the subscription platform. It knows one name, split at the first space. */
export function subscriberItem(key: string, belief: Belief, random: Random): Row {
  const { person, name, spoil } = belief;
  const at = belief.at ?? pickTime(random);
  const started = dayOf(at - 86_400_000 * (1 + random.int(500)));
  const plan = random.pick(['BASIC', 'PLUS', 'PRO']);
  const byLogin = belief.email !== undefined && spoil !== 'email' && random.chance(0.2);
  const raw = {
    id: Number(key),
    emailAddress: byLogin ? missing(random) : emailText(belief, random),
    loginEmail: byLogin ? emailText(belief, random) : null,
    name: `${name.first}${random.chance(0.2) ? '  ' : ' '}${name.last}${random.chance(0.2) ? ' ' : ''}`,
    contactNumber: phoneText(belief, random, true),
    country: person.country.code,
    plan: spoil === 'eol_plan' ? random.pick(['GOLD', 'premium?']) : plan,
    // Zoneless, in the platform's own zone (Europe/Madrid); every hour of the day but those that clocks skip.
    startedAt: spoil === 'eol_started_on' ? '2025-02-30T10:00:00' : `${started}T${hour(random)}:30:00`,
    language: random.chance(0.5) ? person.language.toUpperCase() : person.language,
    unsubscribed: belief.optOut ?? null,
    // Beyond 2^53: a double cannot hold it. Not mapped. Written as a number by the server.
    ledgerNumber: `9007199254${String(740993 + person.index * 2)}`,
    note: random.chance(0.1) ? 'half an emoji \ud83d here' : null,
    lastChanged: isoOf(at),
  };
  const means = {
    ...common(belief),
    eol_plan: plan.toLowerCase(),
    eol_started_on: started,
    preferred_language: person.language,
    marketing_opt_out: belief.optOut === undefined ? '' : String(belief.optOut),
  };
  return rowOf('eol.subscribers', key, belief, at, { raw, means });
}

const hour = (random: Random): string => random.pick(['00', '05', '08', '11', '14', '19', '22', '23']);
const partners = ['Lingua Nova', 'Globe, Study & Co', 'Escuela "El Puente"', 'Campus Brücke'];

/** A line of a partner's file. */
export function referralLine(key: string, belief: Belief, random: Random): Row {
  const { person, name, spoil } = belief;
  const partner = random.pick(partners);
  const day = dayOf(pickTime(random));
  // A British partner leaves the country out: the configured default region helps.
  const tells = person.country.code !== 'GB' || random.chance(0.5);
  const raw = {
    referral_id: key,
    email: emailText(belief, random) ?? '',
    first_name: pad(name.first, random),
    last_name: pad(name.last, random),
    phone: phoneText(belief, random, true) ?? '',
    country: tells ? person.country.code : '',
    partner: pad(partner, random),
    referred_on: spoil === 'referred_on' ? '30/02/2026' : slashed(day),
    comment: random.pick(['', '', 'call, please', 'said "yes"', 'two\nlines']),
  };
  const means = { ...common(belief), referral_partner: partner, referred_on: day };
  return rowOf('impact.referrals', key, belief, null, { raw, means });
}
