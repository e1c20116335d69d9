import { failpoints, type Failpoint } from '../../src/activities/deps';
import { crashFirstSync, type Crash } from './crashRiver';

/** A first sync of a small world passes every failpoint at least once; the halving of batches needs a refusal. */
const people = 120;
const refusedOnce = (path: string) => [
  { do: 'status', status: 400, match: { method: 'POST', path, times: 1 } },
];
const needed: Partial<Record<Failpoint, Partial<Crash>>> = {
  'deliver.split': { faults: refusedOnce('contacts/batch/upsert') },
  'associate.split': { faults: refusedOnce('associations/.*/batch/create') },
};
/** Later passes: other sources and objects, with more behind them. */
const later: Crash[] = [
  { failpoint: 'extract.staged', pass: 5 },
  { failpoint: 'extract.committed', pass: 8 },
  { failpoint: 'consolidate.merged', pass: 3 },
  { failpoint: 'deliver.settling', pass: 3 },
];
const crashes: Crash[] = [
  ...failpoints.map((failpoint) => ({ failpoint, pass: 1, ...needed[failpoint] })),
  ...later,
];

/** Worlds at a time: most of each one's time is waiting for the dead worker's silence to be noticed. */
const inTurn = turns(3);

test.concurrent.each(crashes)(
  'killed at $failpoint, pass $pass: the next worker ends the run right',
  async (crash) => {
    const report = await inTurn(() => crashFirstSync(crash, { people }));
    expect(report).toEqual({
      signal: 'SIGKILL',
      state: 'succeeded',
      differences: '',
      created: { counted: report.created.expected, expected: report.created.expected },
    });
    expect(report.created.expected).toBeGreaterThan(0);
  },
  240_000,
);

/** Lets `atOnce` pieces of work run side by side, in the order in which they come. */
function turns(atOnce: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const lanes = Array.from({ length: atOnce }, () => Promise.resolve());
  let next = 0;
  return (work) => {
    const lane = next++ % atOnce;
    const done = lanes[lane]!.then(work);
    lanes[lane] = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  };
}
