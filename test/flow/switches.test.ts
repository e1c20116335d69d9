import { compareProblems, compareWithPortal } from '../../src/simulator/demo/compare';
import { expectedPortal } from '../../src/simulator/demo/oracle';
import { readSimulator } from '../../src/simulator/demo/portalExport';
import { switchChoices } from '../../src/simulator/hubspot/switches';
import { isHubSpotsPrimary } from '../chaos/judge';
import { control } from '../support/simulatorControl';
import { startRiver, type River } from './river';

const rivers = 4;
/** How choices are dealt to the four rivers, so that switches with two choices meet in every combination. */
const deals = [
  [0, 1, 0, 1],
  [0, 0, 1, 1],
  [0, 1, 1, 0],
];

const settings = Array.from({ length: rivers }, (_, river) =>
  Object.fromEntries(
    Object.entries(switchChoices).map(([name, choices], at) => {
      const dealt = choices.length > 2 ? river : deals[at % deals.length]![river]!;
      return [name, choices[dealt % choices.length]] as const;
    }),
  ),
);

test('every choice of every switch is in some river', () => {
  for (const [name, choices] of Object.entries(switchChoices))
    expect(new Set(settings.map((river) => river[name]))).toEqual(new Set<unknown>(choices));
});

async function differences({ demo, pool, simulatorUrl }: River, firstSyncAt?: string): Promise<unknown[]> {
  const expected = expectedPortal(demo.world(), firstSyncAt === undefined ? {} : { firstSyncAt });
  const { rows } = await pool.query(
    'select source, stream, record_key as key, field, kind from problems where closed_at is null',
  );
  return [
    ...compareWithPortal(expected, await readSimulator(simulatorUrl)),
    ...compareProblems(expected.problems, rows as never),
  ];
}

test.concurrent.each(settings.map((switches, at) => [at + 1, switches] as const))(
  'the river ends right whatever HubSpot does where it is uncertain: deal %d',
  async (_number, switches) => {
    const river = await startRiver({ people: 80, seed: 5 });
    try {
      await control(river.simulatorUrl, 'switches', switches);
      const isOurs = (difference: never) =>
        !(switches['firstCompanyBecomesPrimary'] === true && isHubSpotsPrimary(difference));
      await river.startWorker();
      await river.open();
      const firstSyncAt = new Date().toISOString();
      expect(await river.sync()).toMatchObject({ state: 'succeeded' });
      expect((await differences(river)).filter((one) => isOurs(one as never))).toEqual([]);
      await river.demo.change({ do: 'rows', fraction: 0.2, seed: 3, at: new Date().toISOString() });
      expect(await river.sync()).toMatchObject({ state: 'succeeded' });
      expect((await differences(river, firstSyncAt)).filter((one) => isOurs(one as never))).toEqual([]);
      // Whatever HubSpot spells otherwise, or keeps instead, is no change.
      await river.resetStats();
      expect(await river.sync({ full: true })).toMatchObject({ state: 'succeeded' });
      expect((await river.stats()).writeCalls).toBe(0);
    } finally {
      await river.stop();
    }
  },
  600_000,
);
