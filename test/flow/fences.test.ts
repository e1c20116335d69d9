import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Failpoint } from '../../src/activities/deps';
import { readSimulator } from '../../src/simulator/demo/portalExport';
import { shortClaims } from './crashRiver';
import { startRiver, type River } from './river';

const run = promisify(execFile);

/** Where a worker stalls: with a page or a reply in its hand, before a call, inside a transaction that holds locks. */
const stalls: Failpoint[] = [
  'extract.read',
  'deliver.sending',
  'deliver.sent',
  'deliver.settling',
  'associate.sent',
];

test.concurrent.each(stalls)(
  'a worker that stalls at %s longer than its claim changes nothing when it wakes up',
  async (failpoint) => {
    const river = await startRiver({ people: 120, environment: shortClaims });
    try {
      // Few slots: what the server hands to a stalled worker is lost until its heartbeat is missed.
      const stalled = await river.startWorker({
        TRIBUTARY_FAILPOINT: `${failpoint}:1:stop`,
        TRIBUTARY_WORKER_ACTIVITIES: '2',
      });
      await river.open();
      const first = await river.startSync();
      await untilStopped(stalled.pid);
      await river.startWorker();
      expect(await first.result()).toMatchObject({ state: 'succeeded' });
      expect(await river.differences()).toBe('');
      const before = await whatWasDone(river);
      expect(before.deliveries).toBeGreaterThan(0);
      expect(before.settledTwice).toEqual([]);

      process.kill(stalled.pid, 'SIGCONT');
      // Both take work now; the one that woke up ends what it was doing before it stops by itself.
      expect(await river.sync()).toMatchObject({ state: 'succeeded' });
      expect(await stalled.stop()).toMatchObject({ code: 0, signal: null });
      expect(await whatWasDone(river)).toEqual(before);
      expect(await river.differences()).toBe('');
    } finally {
      await river.stop();
    }
  },
  600_000,
);

/** Waits until the process is stopped by its failpoint. */
async function untilStopped(pid: number): Promise<void> {
  const until = Date.now() + 120_000;
  while (Date.now() < until) {
    const { stdout } = await run('ps', ['-o', 'stat=', '-p', String(pid)]);
    if (stdout.trim().startsWith('T')) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the worker never stalled: its failpoint is not passed');
}

/**
 * Every write that HubSpot counted, and everything that Postgres holds of it. What was written back to eol is read again
 * by the next run, rightly, and left out.
 */
async function whatWasDone(river: River) {
  const { records, associations } = await readSimulator(river.simulatorUrl);
  const writes = [...records].map(({ object, id, writes: count }) => `${object} ${id} ${count}`).sort();
  const { rows } = await river.pool.query<{
    deliveries: string;
    known: string;
    cursors: string;
    staged: string;
    twice: string[];
  }>(
    `select (select count(*) from deliveries) as deliveries,
       (select string_agg(format('%s.%s %s %s %s', source, stream, done, position, watermark - 'unmoved'), ' '
         order by source, stream) from cursors where source <> 'eol') as cursors,
       (select md5(string_agg(staged_records::text, '' order by source, stream, record_key))
         from staged_records where source <> 'eol') as staged,
       (select md5(string_agg(known_states::text, '' order by object_type, record_id))
         from known_states where target = 'hubspot') as known,
       array(select golden_id::text from deliveries group by target, object_type, golden_id, record_id, operation
         having count(*) > 1) as twice`,
  );
  const { deliveries, twice, ...others } = rows[0]!;
  return {
    writes,
    pairs: [...associations].length,
    deliveries: Number(deliveries),
    ...others,
    settledTwice: twice,
  };
}
