import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { bellSignal, taskQueue, workflowIds, type DeliveryLane } from '../../src/workflows/contracts';
import { until } from '../support/until';
import { control, readReport, type BucketReport } from '../support/simulatorControl';
import { clubSource, onePortal, openClub } from './clubDatabase';
import { startBareRiver, type BareRiver } from './bareRiver';

const configText = `${onePortal}${clubSource}
      members: { object: contacts, table: members, recordKey: id, map: { email: email, firstname: name } }
objects:
  contacts: {}
`;

export interface QuotaRiver extends BareRiver {
  settings(settings: object): Promise<void>;
  /** Calls answered since the last reset, calls let in at their arrival today, and what the windows saw. */
  report(): Promise<{ calls: number; arrived: number; burst: BucketReport }>;
  /** Calls that arrived in a time. */
  arrivalsIn(ms: number): Promise<number>;
  fault(order: object): Promise<void>;
  /** Waits until nothing is due or in flight. */
  delivered(): Promise<void>;
  /** Marks new contacts that only delivery has to do with. @returns their ids */
  mark(lane: 0 | 2, count: number): Promise<string[]>;
  ring(lane: DeliveryLane): Promise<void>;
  /** Marks one urgent contact and rings. @returns milliseconds until HubSpot's acknowledgement is stored */
  urgentMs(): Promise<number>;
  /** Slots spent of all windows so far. */
  spent(): Promise<number>;
}

/** A river whose outbox is filled by hand and whose quota is small, so that windows pass in seconds. */
export async function startQuotaRiver(
  workers: number,
  environment: Record<string, string> = {},
): Promise<QuotaRiver> {
  const club = await openClub('create table members (id text primary key, email text, name text)');
  const river = await startBareRiver({
    environment: {
      CLUB_URL: club.url,
      TRIBUTARY_CLAIM_MS: '30000',
      TRIBUTARY_CALL_DEADLINE_MS: '10000',
      ...environment,
    },
  });
  const config = await river.writeConfig('club.yaml', configText);
  for (let i = 0; i < workers; i += 1) await river.startWorker({ TRIBUTARY_CONFIG: config });
  const ask = <Answer>(path: string, body?: object) => control<Answer>(river.simulatorUrl, path, body);
  const report = async () => {
    const { calls, limits } = await readReport(river.simulatorUrl);
    return { calls, arrived: limits.daily.used, burst: limits.buckets['burst']! };
  };
  const quotaRiver: QuotaRiver = {
    ...river,
    report,
    async settings(settings) {
      await ask('settings', settings);
    },
    async arrivalsIn(ms) {
      const before = (await report()).arrived;
      await sleep(ms);
      return (await report()).arrived - before;
    },
    async fault(order) {
      await ask('faults', order);
    },
    async delivered() {
      const due = () => river.pool.query<object>('select from outbox union all select from delivery_batches');
      await until(due, ({ rowCount }) => rowCount === 0);
    },
    async mark(lane, count) {
      const { rows } = await river.pool.query<{ golden_id: string }>(
        `with made as (
           insert into golden_records (portal_id, object_type, golden_id, values, origins, lead_source)
           select $1, 'contacts', gen_random_uuid(),
             jsonb_build_object('email', $4 || n || '@quota.example', 'firstname', 'Quota'), '{}', 'club'
           from generate_series(1, $2::int) as n returning golden_id)
         insert into outbox (portal_id, object_type, golden_id, lead_source, lane)
         select $1, 'contacts', golden_id, 'club', $3 from made returning golden_id`,
        [river.portalId, count, lane, randomUUID()],
      );
      return rows.map((row) => row.golden_id);
    },
    async ring(lane) {
      await river.temporal.workflow.signalWithStart('deliver', {
        taskQueue,
        workflowId: workflowIds.deliver(river.portalId, lane),
        args: [{ portalId: river.portalId, lane }],
        signal: bellSignal,
      });
    },
    async urgentMs() {
      const began = performance.now();
      const [goldenId] = await quotaRiver.mark(0, 1);
      await quotaRiver.ring('realtime');
      while (performance.now() - began < 20_000) {
        const { rowCount } = await river.pool.query(
          'select from known_states where portal_id = $1 and golden_id = $2',
          [river.portalId, goldenId],
        );
        if (rowCount) return performance.now() - began;
        await sleep(20);
      }
      throw new Error('an urgent record was not acknowledged in 20 s');
    },
    async spent() {
      const { rows } = await river.pool.query<{ used: number }>(
        `select sum(used)::int as used from quota_buckets where portal_id = $1 and bucket <> 'daily'`,
        [river.portalId],
      );
      return rows[0]!.used;
    },
    async stop() {
      await river.stop();
      await club.close();
    },
  };
  return quotaRiver;
}
