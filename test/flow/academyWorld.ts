import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Seed } from '../../src/simulator/hubspot/server';
import { startListServer, type ListServer } from '../sources/listServer';

/** The people of test/config/second.config.yaml's world: a training provider's CRM, web shop and event files. */

export interface CrmPerson {
  person_no: number;
  mail: string | null;
  vorname: string | null;
  nachname: string | null;
  telefon: string | null;
  sperre: string | null;
  geaendert: string;
}

const changed = '2024-10-01T08:00:00Z';

export const people: CrmPerson[] = [
  person(1, ' Anna.Mueller@Beispiel.EXAMPLE ', 'Anna', 'Müller', '0171 1234567'),
  // Blocked for mail, and the portal knows him already, spelled otherwise.
  { ...person(2, 'bernd@beispiel.example', 'Bernd', 'Böhm', '+49 30 901820'), sperre: 'J' },
  person(3, 'no address at all', 'Carla', ' Conrad ', '0049 89 1234567'),
  person(4, 'dora@beispiel.example', 'Dora', 'Đorđević', 'call me'),
];

function person(no: number, mail: string, vorname: string, nachname: string, telefon: string): CrmPerson {
  return { person_no: no, mail, vorname, nachname, telefon, sperre: null, geaendert: changed };
}

/** Fills (or refills) the CRM's database. */
export async function fillCrm(url: string, rows: CrmPerson[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create schema if not exists crm; drop table if exists crm.person;
      create table crm.person (person_no int primary key, mail text, vorname text, nachname text, telefon text,
        firma_no int, sperre text, geaendert timestamptz not null)`);
    await client.query(`insert into crm.person select * from json_populate_recordset(null::crm.person, $1)`, [
      JSON.stringify(rows),
    ]);
  } finally {
    await client.end();
  }
}

export const firms = [
  { id: 'F1', title: '  Nord   Verlag ', register: { number: 'HRB  4711' }, url: 'https://nord.example' },
  // The same firm once more, known by its register number in another spelling.
  { id: 'F2', title: 'Nord Verlag GmbH', register: { number: 'hrb 4711' }, url: null },
  { id: 'F3', title: 'Süd & Söhne', register: {}, url: 'https://sued.example' },
];

export const orders = [
  order(1001, 'Python course', '119.00', 'paid', 'F1', 1),
  order(1002, null, 80.5, 'new', 'F3', 2),
  // A state that no stage is known for; a buyer whom the CRM does not know.
  order(1003, 'Bulk order', '1200', 'lost in space', 'F2', 99),
  // Two rows without a firm or buyer, for a third page.
  order(1004, 'Gift', '10', 'void', null, null),
  order(1005, 'Gift again', '0', 'paid', null, 4),
];

function order(
  number: number,
  headline: string | null,
  gross: string | number,
  state: string,
  firm: string | null,
  buyer: number | null,
) {
  return { number, headline, sum: { gross }, state, firm, buyer, changed };
}

export interface Shop extends ListServer {
  /** Answers every request with this status while it is set: the shop is down, or knows us no more. */
  answerWith: number | null;
  /** What such an answer says. */
  failureBody: string;
  /** How long every answer takes. */
  delayMs: number;
}

const pageSize = 2;

/** The web shop: basic auth, and pages by the Link header, smaller than what is asked for. */
export async function startShop(password: string): Promise<Shop> {
  const expected = `Basic ${Buffer.from(`reader:${password}`).toString('base64')}`;
  const shop: Shop = Object.assign(
    await startListServer(({ path, query, headers }) => {
      if (shop.answerWith !== null) return { status: shop.answerWith, raw: shop.failureBody };
      if (headers.authorization !== expected) return { status: 401 };
      const all: readonly ({ changed?: string } | null)[] = path === '/firms' ? (firms as object[]) : orders;
      const since = query.get('since');
      const rows = since === null ? all : all.filter((row) => (row?.changed ?? since) >= since);
      const at = Number(query.get('at') ?? 0);
      const page = rows.slice(at, at + pageSize);
      const next = new URLSearchParams({ ...(since === null ? {} : { since }), at: String(at + pageSize) });
      return {
        delayMs: shop.delayMs,
        body: path === '/firms' ? page : { orders: page },
        headers: at + pageSize < rows.length ? { link: `<${path}?${next}>; rel="next"` } : {},
      };
    }),
    { answerWith: null, failureBody: '{}', delayMs: 0 },
  );
  return shop;
}

export const courseFile = [
  course('PY', 1, 'Python für Anfänger', '2027-01-11', 12, ['de', 'en'], [1, 2]),
  '{"course": {"code": "BROKEN"',
  course('py', 2, '  Python   II ', '2027-03-01', 0, ['fr'], [4, 77]),
].join('\n');

/** One line of a course file. */
export function course(
  code: string,
  run: number,
  title = code,
  startsOn = '2027-06-01',
  seats = 8,
  languages: string[] = [],
  participants: number[] = [],
): string {
  const about = { code, run, title_de: null, title, startsOn, seats, languages };
  return JSON.stringify({ course: about, exportedAt: '2024-10-02T06:00:00+02:00', participants });
}

/** Drops the course events; they count as complete a second after that. */
export async function dropCourses(folder: string, text: string = courseFile): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'courses-2026-10.jsonl'), `${text}\n`);
}

/** What the academy's portal has before the first sync: the custom object, and one person spelled otherwise. */
export const academySeed: Seed = {
  schemas: [
    {
      name: 'courses',
      labels: { singular: 'Course', plural: 'Courses' },
      requiredProperties: [],
      properties: [],
      associatedObjects: ['CONTACT'],
    },
  ],
  records: [
    {
      objectType: 'contacts',
      id: '501',
      properties: {
        email: 'BERND@beispiel.example',
        lastname: 'Boehm',
        mobilephone: '+49301111111',
        jobtitle: 'typed by hand',
      },
    },
  ],
};
