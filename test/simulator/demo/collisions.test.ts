import { generateWorld } from '../../../src/simulator/demo/generate';
import { keysOf } from '../../../src/simulator/demo/compare';
import { expectedPortal, type Expected } from '../../../src/simulator/demo/oracle';
import { casesOf, worldObjects, type Case } from '../../../src/simulator/demo/world';
import { joinRows } from './joinRows';
import { readRow } from './readRow';

describe.each([
  [5_000, 1],
  [20_000, 7],
  [4_321, 99],
])('a world of %i people (seed %i)', (people, seed) => {
  const world = generateWorld({ seed, people });
  let cases: Case[];
  let expected: Expected;

  beforeAll(() => {
    cases = [...casesOf(world)];
    expected = expectedPortal(world);
  });

  test.each(['contacts', 'companies'] as const)(
    'the rules join exactly the rows of one case: %s',
    (object) => {
      const { torn, mixed, doubtful, nodes } = joinRows(cases, object);
      expect({ torn: torn.slice(0, 5), mixed: mixed.slice(0, 5), doubtful: doubtful.slice(0, 5) }).toEqual({
        torn: [],
        mixed: [],
        doubtful: [],
      });
      expect(nodes).toBeGreaterThan(people / 10);
    },
  );

  test('every row can be read back as what it is said to mean', () => {
    const wrong: unknown[] = [];
    for (const one of cases) {
      for (const row of one.rows) {
        const read = readRow(row);
        if (JSON.stringify(sorted(read)) !== JSON.stringify(sorted(row.means))) {
          wrong.push({ key: row.key, plot: one.plot, read, means: row.means, raw: row.raw });
        }
      }
    }
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  test('row keys, HubSpot ids and the e-mails of the finished portal are each used once', () => {
    const rowKeys: string[] = [];
    const ids: string[] = [];
    for (const one of cases) {
      for (const row of one.rows) rowKeys.push(`${row.source}.${row.stream}.${row.key}`);
      if (one.holding) ids.push(`${one.object}.${one.holding.id}`);
    }
    const emails = expected.contacts.flatMap(({ properties }) => properties.email ?? []);
    for (const list of [rowKeys, ids, emails]) expect(new Set(list).size).toBe(list.length);
  });

  test('every created record can be told from all others', () => {
    for (const object of worldObjects) {
      const created = expected[object].filter(({ heldId }) => heldId === null);
      const firsts = created.map(({ properties }) => keysOf(object, properties)[0]);
      expect(firsts.filter((key) => key === undefined)).toEqual([]);
      expect(new Set(firsts).size).toBe(created.length);
    }
  });
});

const sorted = (values: Record<string, string>): [string, string][] =>
  Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
