import { failpoints } from '../../src/activities/deps';
import { crashReceive } from './crashReceive';
import { crashFirstSync, type Crashes } from './crashRiver';

const refusedOnce = (path: string) => ({
  do: 'status',
  status: 400,
  match: { method: 'POST', path, times: 1 },
});

/** Worlds side by side: most of their time is waiting for a dead worker's silence to be noticed. */
const worlds: Crashes[] = [
  {
    failpoints: [
      'run.begun',
      'extract.read',
      'extract.staged',
      'extract.committed',
      'extract.confirmed',
      'run.read',
      'run.ended',
    ],
  },
  {
    failpoints: [
      'consolidate.decided',
      'consolidate.merged',
      'consolidate.committed',
      'deliver.claiming',
      'deliver.claimed',
    ],
  },
  {
    failpoints: [
      'lease.taken',
      'deliver.split',
      'deliver.sending',
      'deliver.sent',
      'deliver.settling',
      'deliver.settled',
    ],
    faults: [refusedOnce('contacts/batch/upsert')],
  },
  {
    failpoints: [
      'associate.split',
      'associate.claiming',
      'associate.claimed',
      'associate.sending',
      'associate.sent',
      'associate.settling',
      'associate.settled',
    ],
    faults: [refusedOnce('associations/.*/batch/create')],
  },
  {
    failpoints: [
      'writeBack.claiming',
      'writeBack.claimed',
      'writeBack.sending',
      'writeBack.sent',
      'writeBack.settling',
      'writeBack.settled',
    ],
  },
];

test.concurrent.each(worlds)(
  'workers killed one after the other at $failpoints: the last one ends the first sync right',
  async (crashes) => {
    const report = await crashFirstSync(crashes, { people: 120 });
    const { expected } = report.created;
    expect(report).toEqual({
      killedAt: crashes.failpoints,
      state: 'succeeded',
      differences: '',
      created: { counted: expected, expected },
      writtenBackMost: 1,
    });
    expect(expected).toBeGreaterThan(0);
  },
  600_000,
);

const receiving = ['receive.claimed', 'receive.read', 'receive.staged', 'receive.committed'] as const;

test.concurrent(
  'workers killed one after the other while they receive: no event is lost, nothing is written back',
  async () => {
    const report = await crashReceive(receiving, 120);
    expect(report).toEqual({ killedAt: receiving, unsettled: 0, wrong: 0, writeCalls: 0 });
  },
  600_000,
);

test('no failpoint is left out', () => {
  const tested = [...worlds.flatMap((world) => world.failpoints), ...receiving];
  expect(tested.sort()).toEqual([...failpoints].sort());
});
