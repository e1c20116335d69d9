import { changedBy, changeWorld } from '../../../src/simulator/demo/change';
import { changedRows } from '../../../src/simulator/demo/differences';
import { generateWorld } from '../../../src/simulator/demo/generate';
import { changedCases, expectedPortal } from '../../../src/simulator/demo/oracle';
import { blockSize, groupPlots, singlePlots } from '../../../src/simulator/demo/plots';
import { companyPlots } from '../../../src/simulator/demo/companies';
import { casesOf, rowsOf, type World } from '../../../src/simulator/demo/world';
import { joinRows } from './joinRows';
import { readRow } from './readRow';

const at = new Date('2026-11-22T10:00:00.000Z');
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const textOf = (world: World): string =>
  JSON.stringify([...casesOf(world)]) + JSON.stringify([...world.junk()]);

test('the same seed and size give the same world, another seed another one', () => {
  expect(textOf(generateWorld({ seed: 3, people: 300 }))).toBe(
    textOf(generateWorld({ seed: 3, people: 300 })),
  );
  expect(textOf(generateWorld({ seed: 4, people: 300 }))).not.toBe(
    textOf(generateWorld({ seed: 3, people: 300 })),
  );
});

test.each([1, 2, 3, 49, 51, 120])('a world of %i people is whole', (people) => {
  const expected = expectedPortal(generateWorld({ seed: 1, people }));
  expect(expected.contacts.filter(({ stranger }) => !stranger)).toHaveLength(people);
  expect(expected.companies.length).toBeGreaterThan(0);
});

test.each([0, -1, 1.5, 200_001])('%d people are refused', (people) => {
  expect(() => generateWorld({ seed: 1, people })).toThrow('people must be');
});

describe('a world of 5,000', () => {
  const world = generateWorld({ seed: 1, people: 5_000 });
  const cases = [...casesOf(world)];
  const rows = cases.flatMap((one) => one.rows);
  const count = (holds: (row: (typeof rows)[number]) => boolean): number => rows.filter(holds).length;

  test('every situation is there, in the same number', () => {
    const plots = new Map<string, number>();
    for (const { object, plot } of cases)
      plots.set(`${object} ${plot}`, (plots.get(`${object} ${plot}`) ?? 0) + 1);
    for (const plot of singlePlots)
      expect([plot, plots.get(`contacts ${plot}`)]).toEqual([plot, 5_000 / blockSize]);
    for (const [plot, size] of Object.entries(groupPlots))
      expect(plots.get(`contacts ${plot}`)).toBe((5_000 / blockSize) * size);
    for (const plot of companyPlots) expect(plots.get(`companies ${plot}`)).toBe(25);
  });

  test('the portal holds three in ten of the people and companies, and strangers', () => {
    const held = (object: string): number =>
      cases.filter((one) => one.object === object && one.holding && one.rows.length > 0).length;
    expect(held('contacts') / 5_000).toBeCloseTo(0.3, 1);
    expect(held('companies') / 500).toBeCloseTo(0.3, 1);
    expect(cases.filter(({ plot, object }) => plot === 'stranger' && object === 'contacts')).toHaveLength(
      100,
    );
  });

  test('every kind of dirt is there', () => {
    const raw = (row: (typeof rows)[number]): string => JSON.stringify(row.raw);
    const emailOf = ({ raw: values }: (typeof rows)[number]): string =>
      text(values.email ?? values.emailAddress);
    const phoneOf = ({ raw: values }: (typeof rows)[number]): string =>
      text(values.phone ?? values.contactNumber);
    const dirt = {
      casedEmails: count((row) => /[A-Z].*@/.test(emailOf(row))),
      spacedEmails: count((row) => /^\s|\s$/.test(emailOf(row)) && emailOf(row).includes('@')),
      internationalPhones: count((row) => /^\+\d+[ -]/.test(phoneOf(row))),
      zeroZeroPhones: count((row) => /^00[1-9]/.test(phoneOf(row))),
      nationalPhones: count((row) => /^\(?0[1-9]/.test(phoneOf(row))),
      accents: count(
        (row) =>
          /\p{Script=Latin}/u.test(row.means.lastname ?? '') && /[^ -~]/.test(row.means.lastname ?? ''),
      ),
      nonLatinNames: count((row) => /^[^\p{Script=Latin}]+$/u.test(row.means.lastname ?? 'x')),
      nulCharacters: count((row) => raw(row).includes('\\u0000')),
      loneSurrogates: count((row) => /\\ud[89a-f]/.test(raw(row))),
      casedNames: count((row) => row.object === 'contacts' && /^[A-Z]{3,}$/.test(row.means.lastname ?? '')),
      slashedDates: count((row) => /^\d\d\//.test(text(row.raw.birth_date ?? row.raw.referred_on))),
      emptyValues: count((row) => Object.values(row.raw).includes('  ')),
      sharedCursor: count((row) => row.changedAt === '2026-03-01T02:00:00.000Z'),
      repeatedLines: count((row) => row.repeated === true),
      brokenItems: [...world.junk()].length,
    };
    expect(Object.entries(dirt).filter(([, number]) => number < 20)).toEqual([]);
  });

  test('every kind of fault is planted in every stream that can have it', () => {
    const { problems } = expectedPortal(world);
    const kinds = new Set(
      problems.map(({ source, stream, field, kind }) => `${source}.${stream} ${kind} ${field ?? ''}`.trim()),
    );
    expect([...kinds].sort()).toEqual(
      [
        ...[
          'azure.companies invalidValue domain',
          'azure.companies invalidValue phone',
          'azure.companies unresolvedReference industry',
        ],
        ...['date_of_birth', 'email', 'marketing_opt_out', 'phone'].map(
          (field) => `azure.customers invalidValue ${field}`,
        ),
        ...['azure.customers unresolvedReference hubspot_owner_id', 'azure.customers waitingForParent'],
        ...['azure.transactions invalidValue amount', 'azure.transactions waitingForParent'],
        ...['date_of_birth', 'email', 'ielts_band', 'ielts_test_date'].map(
          (field) => `ielts.registrations invalidValue ${field}`,
        ),
        ...['email', 'eol_plan', 'eol_started_on', 'phone'].map(
          (field) => `eol.subscribers invalidValue ${field}`,
        ),
        ...['email', 'phone', 'referred_on'].map((field) => `impact.referrals invalidValue ${field}`),
        ...['eol.subscribers unreadable', 'ielts.registrations unreadable', 'impact.referrals unreadable'],
        ...['erp.orders waitingForParent'],
      ].sort(),
    );
  });

  test('1% changed rows are about that many, later than all others, and still mean what can be read from them', () => {
    const changed = changeWorld(world, { fraction: 0.01, seed: 5, at });
    const rowsChanged = [...changedRows(world, changed)];
    expect(rowsChanged.length / rows.length).toBeGreaterThan(0.006);
    expect(rowsChanged.length / rows.length).toBeLessThan(0.013);
    for (const { row } of rowsChanged) {
      expect(readRow(row)).toEqual(row.means);
      if (row.changedAt !== null) expect(row.changedAt >= at.toISOString()).toBe(true);
    }
    const streams = new Set(rowsChanged.map(({ row }) => `${row.source}.${row.stream}`));
    expect(streams.size).toBe(7);
    expect(joinRows(casesOf(changed), 'contacts')).toMatchObject({ torn: [], mixed: [], doubtful: [] });
  });

  test('the oracle names the records that a change reaches, and no others', () => {
    const changed = changeWorld(world, { fraction: 0.01, seed: 5, at });
    const reached = changedCases(expectedPortal(world), expectedPortal(changed));
    const touched = new Set<string>();
    const before = new Map(cases.map((one) => [one.id, one]));
    for (const one of casesOf(changed))
      if (JSON.stringify(one.rows) !== JSON.stringify(before.get(one.id)?.rows)) touched.add(one.id);
    expect(reached.length).toBeGreaterThan(50);
    expect(reached.every(({ caseId }) => touched.has(caseId))).toBe(true);
  });

  test('a planned opt-out and a deletion change one record each', () => {
    const person = 40;
    const optedOut = changedBy(world, { do: 'optOut', person, at: at.toISOString() });
    expect(changedCases(expectedPortal(world), expectedPortal(optedOut))).toEqual([
      { object: 'contacts', caseId: `contact:${person}`, properties: ['marketing_opt_out'] },
    ]);
    const [first] = rowsOf(world, 'eol', 'subscribers');
    const key = first?.key as string;
    const deleted = changedBy(world, {
      do: 'delete',
      source: 'eol',
      stream: 'subscribers',
      key,
      at: at.toISOString(),
    });
    expect([...changedRows(world, deleted)].map(({ row, gone }) => [row.key, gone])).toEqual([[key, true]]);
    expect([...rowsOf(deleted, 'eol', 'subscribers')].some((row) => row.key === key)).toBe(false);
  });
});
