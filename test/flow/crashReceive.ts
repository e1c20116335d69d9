import type { Failpoint } from '../../src/activities/deps';
import { startClubRiver } from './clubRiver';
import { shortClaims } from './crashRiver';
import { until } from '../support/until';

export interface ReceiveCrashReport {
  killedAt: Failpoint[];
  /** Events that were never settled, and people whose golden record lacks HubSpot's value. */
  unsettled: number;
  wrong: number;
  writeCalls: number;
}

/** Edits in HubSpot, told by events, whose workers are killed at failpoints one after the other; a last one has none. */
export async function crashReceive(
  failpoints: readonly Failpoint[],
  people: number,
): Promise<ReceiveCrashReport> {
  const river = await startClubRiver();
  try {
    const members = Array.from({ length: people }, (_, index) => `p${index}`);
    await river.put(...members.map((id) => ({ id, email: `${id}@crash.example`, first: id, last: 'Kay' })));
    const first = await river.worker();
    await river.open();
    await river.sync();
    await first.stop();
    await river.resetStats();

    const ids = await contactIds(river);
    for (const id of ids) {
      const properties = { city: `City ${id}` };
      await river.call('POST', '/_simulator/edit', { objectType: 'contacts', id, properties });
    }
    await river.tell(
      ...ids.flatMap((key) => [{ kind: 'changed', key } as const, { kind: 'created', key } as const]),
    );
    const killedAt: Failpoint[] = [];
    for (const failpoint of failpoints) {
      // The last pass of a window has nothing left to do: more is told for the next one.
      await river.tell({ kind: 'changed', key: ids[0]! });
      const doomed = await river.worker({ ...shortClaims, TRIBUTARY_FAILPOINT: failpoint });
      const exit = await doomed.exited;
      if (exit.signal === 'SIGKILL') killedAt.push(failpoint);
    }
    await river.worker();
    const left = (table: string) => async () => {
      const { rows } = await river.pool.query<{ left: string }>(`select count(*) as left from ${table}`);
      return Number(rows[0]!.left);
    };
    const isNone = (count: number) => count === 0;
    const unsettled = await until(left('inbox_events where settled_at is null'), isNone, 60_000);
    await until(left('staged_records where due_at is not null'), isNone, 60_000);
    await until(left('outbox where not parked'), isNone, 60_000);
    const wrong = await left(`golden_records g join known_states k using (portal_id, golden_id)
      where g.values ->> 'city' is distinct from 'City ' || k.record_id`)();
    return { killedAt, unsettled, wrong, writeCalls: (await river.stats()).writeCalls };
  } finally {
    await river.stop();
  }
}

async function contactIds(river: Awaited<ReturnType<typeof startClubRiver>>): Promise<string[]> {
  const { rows } = await river.pool.query<{ record_id: string }>(
    `select record_id from known_states where object_type = 'contacts' order by record_id`,
  );
  return rows.map((row) => row.record_id);
}
