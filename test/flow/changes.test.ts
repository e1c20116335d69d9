import { changedCases, expectedPortal } from '../../src/simulator/demo/oracle';
import type { PortalContent, PortalRecord } from '../../src/simulator/demo/compare';
import { readSimulator } from '../../src/simulator/demo/portalExport';
import { worldObjects } from '../../src/simulator/demo/world';
import { startRiver, type River } from './river';

/** HubSpot's limits per call (facts §4, §5). */
const recordsPerCall = 100;
const pairsPerCall = 2_000;

let river: River;
let firstSyncAt: string;
let before: PortalContent;
let loaded: PortalContent;
let loadCalls: number;

beforeAll(async () => {
  river = await startRiver({ people: 300, seed: 11 });
  await river.startWorker();
  await river.open();
  before = await portal();
  await river.resetStats();
  firstSyncAt = new Date().toISOString();
  expect((await river.sync()).state).toBe('succeeded');
  loaded = await portal();
  loadCalls = (await river.stats()).writeCalls;
});

afterAll(async () => {
  await river.stop();
});

test('the initial load needs at most 1.05 of the ideal number of write calls', async () => {
  expect(await river.differences()).toBe('');
  const ideal = idealCalls(before, loaded);
  expect(ideal).toBeGreaterThan(8);
  expect(loadCalls).toBeLessThanOrEqual(ideal * 1.05);
});

test.each([
  { fraction: 0.01, seed: 1 },
  { fraction: 0.08, seed: 2 },
])(
  'of $fraction changed rows only the changed records are written, in full batches',
  async (change) => {
    const expectedBefore = expectedPortal(river.demo.world(), { firstSyncAt });
    const held = await portal();
    await river.demo.change({ do: 'rows', ...change, at: new Date().toISOString() });
    await river.resetStats();
    expect((await river.sync()).state).toBe('succeeded');

    expect(await river.differences({ firstSyncAt })).toBe('');
    const changed = changedCases(expectedBefore, expectedPortal(river.demo.world(), { firstSyncAt }));
    expect(changed.length).toBeGreaterThan(3);
    const now = await portal();
    expect(writesSince(held, now)).toEqual(
      worldObjects.map((object) => {
        // All of them have to be written, or there were differences: so these are the changed ones and no other.
        const records = changed.filter((one) => one.object === object).length;
        return { object, records, writesEach: records > 0 ? [1] : [] };
      }),
    );
    const { writeCalls, equalValueWrites } = await river.stats();
    expect({ writeCalls, equalValueWrites }).toEqual({
      writeCalls: idealCalls(held, now),
      equalValueWrites: 0,
    });
  },
  600_000,
);

async function portal(): Promise<PortalContent> {
  const { records, associations } = await readSimulator(river.simulatorUrl);
  return { records: [...records], associations: [...associations] };
}

/** How many records of each object were written since, and how often each. */
function writesSince(held: PortalContent, now: PortalContent) {
  const writes = new Map([...held.records].map((record) => [nameOf(record), record.writes ?? 0]));
  return worldObjects.map((object) => {
    const more = [...now.records]
      .filter((record) => record.object === object)
      .map((record) => (record.writes ?? 0) - (writes.get(nameOf(record)) ?? 0))
      .filter((count) => count > 0);
    return { object, records: more.length, writesEach: [...new Set(more)] };
  });
}

/** Σ ceil(records to create or to update / limit) per object, and the same for pairs of associations. */
function idealCalls(held: PortalContent, now: PortalContent): number {
  const was = new Map([...held.records].map((record) => [nameOf(record), JSON.stringify(record.properties)]));
  const calls = worldObjects.flatMap((object) => {
    const records = [...now.records].filter((record) => record.object === object);
    const created = records.filter((record) => !was.has(nameOf(record))).length;
    const updated = records.filter((record) => {
      const text = was.get(nameOf(record));
      return text !== undefined && text !== JSON.stringify(record.properties);
    }).length;
    return [created / recordsPerCall, updated / recordsPerCall];
  });
  const pairs = new Set([...held.associations].map((pair) => JSON.stringify(pair)));
  const kinds = new Map<string, number>();
  for (const pair of now.associations) {
    if (pairs.has(JSON.stringify(pair))) continue;
    const kind = `${pair.fromObject}>${pair.toObject}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const pairCalls = [...kinds.values()].map((count) => count / pairsPerCall);
  return [...calls, ...pairCalls].reduce((sum, share) => sum + Math.ceil(share), 0);
}

const nameOf = ({ object, id }: PortalRecord): string => `${object} ${id}`;
