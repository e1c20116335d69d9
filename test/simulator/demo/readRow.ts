import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js';
import type { Row } from '../../../src/simulator/demo/world';

/**
 * Reads a raw row by the documented field maps, written a third time for the tests: what the generator says a
 * row means is checked against what can be read from it. undefined = not readable or not there.
 */
export function readRow(row: Row): Record<string, string> {
  const read = readers[`${row.source}.${row.stream}`];
  if (!read) throw new Error(`no reader for ${row.source}.${row.stream}`);
  const values = Object.entries(read(row.raw as Raw)).filter(
    ([, value]) => value !== undefined && value !== '',
  );
  return Object.fromEntries(values) as Record<string, string>;
}

type Raw = Record<string, unknown>;
type Values = Record<string, string | undefined>;

const plain = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';
const text = (value: unknown): string => plain(value).replace(/\0/g, '').trim();

function email(value: unknown): string | undefined {
  const folded = text(value).toLowerCase();
  return /^[a-z0-9.-]+@[a-z0-9.-]+$/.test(folded) ? folded : undefined;
}

function phone(value: unknown, country: unknown): string | undefined {
  const region = (text(country).toUpperCase() || 'GB') as CountryCode;
  const spelled = text(value).replace(/^00/, '+');
  const parsed = parsePhoneNumberFromString(spelled, { defaultCountry: region, extract: false });
  return parsed?.isValid() ? parsed.number : undefined;
}

function day(value: unknown): string | undefined {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text(value)) ?? /^(\d\d)\/(\d\d)\/(\d{4})$/.exec(text(value));
  if (!found) return undefined;
  const [a, b, c] = found.slice(1) as [string, string, string];
  const iso = a.length === 4 ? `${a}-${b}-${c}` : `${c}-${b}-${a}`;
  const ms = Date.parse(`${iso}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(iso) ? iso : undefined;
}

const oneOf = (map: Record<string, string>, value: unknown): string | undefined => map[text(value)];
const truth = {
  true: 'true',
  yes: 'true',
  '1': 'true',
  Y: 'true',
  false: 'false',
  no: 'false',
  '0': 'false',
  N: 'false',
};
const owners = {
  'amara.osei@tributary-demo.example': '8001',
  'bastian.krol@tributary-demo.example': '8002',
  'carmen.ruiz@tributary-demo.example': '8003',
  'daichi.mori@tributary-demo.example': '8004',
};
const sectors = Object.fromEntries(
  ['Banking', 'Retail', 'Construction', 'Manufacturing', 'Telecommunications'].map((label) => [
    label,
    label.toUpperCase(),
  ]),
);
const [appointment, contract, won, lost] = ['demo_appointment', 'demo_contract', 'demo_won', 'demo_lost'];

function decimal(value: unknown): string | undefined {
  return /^\d+(\.\d+)?$/.test(text(value)) ? String(Number(text(value))) : undefined;
}

function domain(value: unknown): string | undefined {
  const host = text(value)
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .split('/')[0] as string;
  return /^[a-z0-9.-]+\.[a-z]+$/.test(host) ? host.replace(/^www\./, '') : undefined;
}

/** London's wall clock, by the runtime's own zone data. */
function londonInstant(local: string): string {
  const asUtc = Date.parse(`${local.replace(' ', 'T')}Z`);
  const shown = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Europe/London',
    hour: '2-digit',
    hourCycle: 'h23',
  });
  const ahead = (Number(shown.format(asUtc)) - new Date(asUtc).getUTCHours() + 24) % 24;
  return new Date(asUtc - ahead * 3_600_000).toISOString();
}

const readers: Record<string, (raw: Raw) => Values> = {
  'azure.companies': (raw) => ({
    name: text(raw.company_name),
    domain: domain(raw.website),
    registration_number: text(raw.registration_no).toUpperCase(),
    phone: phone(raw.phone, raw.country),
    country: text(raw.country),
    industry: oneOf(sectors, raw.sector),
  }),
  'azure.customers': (raw) => ({
    email: email(raw.email),
    firstname: text(raw.first_name),
    lastname: text(raw.last_name),
    phone: phone(raw.phone, raw.country),
    country: text(raw.country),
    city: text(raw.city),
    date_of_birth: day(raw.birth_date),
    hubspot_owner_id: oneOf(owners, text(raw.account_manager_email).toLowerCase()),
    lifecyclestage: raw.is_paying === true ? 'customer' : 'lead',
    marketing_opt_out: oneOf(truth, raw.do_not_contact),
  }),
  'azure.transactions': (raw) => ({
    source_order_id: `azure-${text(raw.transaction_id)}`,
    dealname: text(raw.title),
    amount: decimal(raw.amount),
    closedate: new Date(text(raw.booked_at)).toISOString(),
    pipeline: 'demo_sales',
    dealstage: oneOf({ won: won, lost: lost, open: appointment }, raw.status),
  }),
  'ielts.registrations': (raw) => {
    const candidate = raw.candidate as Raw;
    return {
      email: email(candidate.email),
      firstname: text(candidate.given_name),
      lastname: text(candidate.family_name),
      phone: phone(candidate.mobile, candidate.country_code),
      country: text(candidate.country),
      date_of_birth: day(candidate.dob),
      ielts_candidate_id: text(raw.candidate_id),
      ielts_band: decimal((raw.result as Raw).overall),
      ielts_test_date: day(raw.test_date),
    };
  },
  'eol.subscribers': (raw) => {
    const words = text(raw.name).split(/\s+/);
    return {
      email: email(text(raw.emailAddress) === '' ? raw.loginEmail : raw.emailAddress),
      firstname: words[0],
      lastname: words.slice(1).join(' '),
      phone: phone(raw.contactNumber, raw.country),
      eol_plan: oneOf({ BASIC: 'basic', PLUS: 'plus', PRO: 'pro' }, raw.plan),
      eol_started_on: day(text(raw.startedAt).slice(0, 10)),
      preferred_language: text(raw.language).toLowerCase(),
      marketing_opt_out: plain(raw.unsubscribed),
    };
  },
  'impact.referrals': (raw) => ({
    email: email(raw.email),
    firstname: text(raw.first_name),
    lastname: text(raw.last_name),
    phone: phone(raw.phone, raw.country),
    referral_partner: text(raw.partner),
    referred_on: day(raw.referred_on),
  }),
  'erp.orders': (raw) => ({
    source_order_id: `erp-${text(raw.order_id)}`,
    dealname: text(raw.order_title),
    amount: decimal(raw.total),
    closedate: londonInstant(text(raw.ordered_at)),
    pipeline: 'demo_sales',
    dealstage: oneOf({ PAID: won, CANCELLED: lost, OPEN: contract }, raw.order_state),
  }),
};
