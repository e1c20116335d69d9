import { pickCountry, type Country } from './countries';
import { isoOf, missing, pad, pickTime } from './dirt';
import { microsOf } from './contactRows';
import { industries } from './owners';
import { companyPhone, spellPhone, type Phone } from './phones';
import { randomOf, type Random } from './random';
import type { Case, Holding, Row } from './world';

const firsts = 'Harbour Cedar Nordwind Solaris Bluepeak Fjord Meridian Quill Amber Vértice Łąka Étoile'.split(
  ' ',
);
const seconds = 'Academy Logistics Travel Schools Consulting Energy Clinics Foods Software Hotels'.split(' ');
const forms = ['Ltd', 'GmbH', 'S.A.', 'Group', 'Sp. z o.o.'];

/** Situations of companies; every twenty companies hold each once, the rest are plain. */
export const companyPlots = [
  'duplicateByRegistration',
  'duplicateByDomain',
  'freeMailWebsite',
  'nameOnly',
  'portalByRegistration',
  'portalByAdditionalDomain',
  'faultySector',
  'faultyWebsite',
  'faultyPhone',
  'portalKeepsPhone',
] as const;
export type CompanyPlot = (typeof companyPlots)[number] | 'plain';

export const companyCount = (people: number): number => Math.max(1, Math.round(people / 10));
export const companyPlot = (index: number): CompanyPlot => companyPlots[index % 20] ?? 'plain';
const companyKey = (index: number): string => `K${100_000 + index}`;

/** The warehouse's keys of a company: two where it is there twice. */
export function companyKeys(index: number): string[] {
  const twice = companyPlot(index).startsWith('duplicate');
  return twice ? [companyKey(index), `${companyKey(index)}B`] : [companyKey(index)];
}

export interface Company {
  index: number;
  plot: CompanyPlot;
  country: Country;
  name: string;
  domain: string;
  registration: string;
  phone: Phone;
  sector: (typeof industries)[number];
}

/** The truth about one company. */
export function companyOf(seed: number, index: number): Company {
  const random = randomOf(seed, `company ${index}`);
  const country = pickCountry(random);
  const [first, second] = [random.pick(firsts), random.pick(seconds)];
  const plot = companyPlot(index);
  return {
    index,
    plot,
    country,
    name: `${first} ${second} ${index} ${random.pick(forms)}`,
    domain: `${second.toLowerCase()}-${index.toString(36)}.example`,
    registration: `${country.code}${(70_000_000 + index * 7).toString()}`,
    phone: companyPhone(country, index * 2),
    sector: random.pick(industries),
  };
}

/** The company of an index: its warehouse rows and what the portal holds. */
export function companyCase(seed: number, index: number): Case {
  const company = companyOf(seed, index);
  const random = randomOf(seed, `company rows ${index}`);
  const rows = companyRows(company, random);
  const holding = companyHolding(seed, company);
  return { object: 'companies', id: `company:${index}`, plot: company.plot, rows, holding };
}

function companyRows(company: Company, random: Random): Row[] {
  const { plot } = company;
  const bare = plot === 'nameOnly';
  const first = companyRow(company, companyKey(company.index), random, {
    registration: !bare,
    domain: !bare,
  });
  if (!plot.startsWith('duplicate')) return [first];
  const byDomain = plot === 'duplicateByDomain';
  const second = companyRow(company, `${companyKey(company.index)}B`, random, {
    registration: !byDomain,
    domain: byDomain,
  });
  return [first, second].map((row) => ({ ...row, frozen: true }));
}

function companyRow(
  company: Company,
  key: string,
  random: Random,
  knows: { registration: boolean; domain: boolean },
): Row {
  const { plot, country, sector, phone } = company;
  const at = pickTime(random);
  const domain = plot === 'freeMailWebsite' ? 'gmail.com' : company.domain;
  const fault = { faultySector: 'industry', faultyWebsite: 'domain', faultyPhone: 'phone' }[plot as string];
  const website = fault === 'domain' ? 'see our brochure' : spellWebsite(domain, random);
  const raw = {
    company_id: key,
    company_name: pad(company.name, random),
    website: knows.domain ? website : missing(random),
    registration_no: knows.registration
      ? pad(spellCode(company.registration, random), random)
      : missing(random),
    phone: fault === 'phone' ? 'see website' : spellPhone(phone, random, true),
    country: country.code,
    sector: fault === 'industry' ? 'Alchemy' : sector.label,
    modified_at: microsOf(at),
  };
  const means: Record<string, string> = { name: company.name, country: country.code };
  if (knows.domain && fault !== 'domain') means.domain = domain;
  if (knows.registration) means.registration_number = company.registration;
  if (fault !== 'phone') means.phone = phone.e164;
  if (fault !== 'industry') means.industry = sector.value;
  const kind = fault === 'industry' ? 'unresolvedReference' : 'invalidValue';
  return {
    ...{ source: 'azure', stream: 'companies', object: 'companies', key, raw, means },
    changedAt: isoOf(at),
    ...{ changedLater: {}, links: [], frozen: fault !== undefined, gone: false },
    faults: fault ? [{ field: fault, kind }] : [],
  };
}

function spellWebsite(domain: string, random: Random): string {
  return random.pick([
    domain,
    `https://www.${domain}/`,
    `http://${domain}/en/index.html`,
    ` WWW.${domain.toUpperCase()} `,
  ]);
}

const spellCode = (code: string, random: Random): string => (random.chance(0.3) ? code.toLowerCase() : code);

/** HubSpot ids of companies that the portal already holds. */
const companyHoldingId = (index: number): string => String(20_000_000 + index);

/** What the portal holds of a company before the first sync; null where it does not know it. */
export function companyHolding(seed: number, company: Company): Holding | null {
  const random = randomOf(seed, `company holding ${company.index}`);
  const { plot, index } = company;
  const forced = plot.startsWith('portal');
  if (plot === 'nameOnly' || plot === 'freeMailWebsite' || (!forced && !random.chance(0.214))) return null;
  const properties: Record<string, string> = {
    name: random.chance(0.5) ? company.name.toUpperCase() : `${company.name} (old)`,
    description: `Met at the fair, stand ${index}`,
    domain: company.domain,
  };
  if (plot === 'portalByRegistration' || plot === 'faultyWebsite')
    properties.registration_number = company.registration.toLowerCase();
  if (plot === 'portalByRegistration') properties.domain = `old-${index.toString(36)}.example`;
  if (plot === 'portalByAdditionalDomain') {
    properties.domain = `brand-${index.toString(36)}.example`;
    properties.hs_additional_domains = `shop-${index.toString(36)}.example;${company.domain}`;
  }
  // Typed by hand: a shared field, so HubSpot's value stays as it is spelled.
  if (plot === 'portalKeepsPhone')
    properties.phone = `020 7946 0${String(index % 1000).padStart(3, '0')} (reception)`;
  else if (random.chance(0.3)) properties.phone = companyPhone(company.country, index * 2 + 1).e164;
  if (random.chance(0.3)) properties.industry = random.pick(industries).value;
  return { id: companyHoldingId(index), properties, associations: [] };
}
