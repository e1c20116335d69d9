import { bellSignal, laneWorkflow, taskQueue } from '../../src/workflows/contracts';
import { resumeTargets } from '../../src/db/delivery/targets';
import type { BareRiver } from './bareRiver';
import { startDeskRiver, type DeskRiver } from './deskRiver';
import { control } from '../support/simulatorControl';
import { until } from '../support/until';
import { tellInbox } from './tellInbox';

const app = { clientId: 'journal-app', clientSecret: 'journal-secret', redirectUris: [] };
const journal = `journal: { clientId: 'env:JOURNAL_ID', clientSecret: 'env:JOURNAL_SECRET', wait: 0s }`;

/**
 * Runs the lanes that carry changes from HubSpot, and from the master record back to sources: a system that is down for a
 * moment, one that refuses until a person resumes it, people's edits, the journal without access and with it.
 * @param keep is called before everything is stopped
 */
export async function runTwoWays(keep: (river: BareRiver) => Promise<void>): Promise<void> {
  const environment = { JOURNAL_ID: app.clientId, JOURNAL_SECRET: app.clientSecret };
  const river = await startDeskRiver(environment, { apps: [app] });
  try {
    await writeBacks(river);
    await river.restartWith((text) => text.replace('apiVersion:', `${journal}, apiVersion:`));
    await edits(river);
    await river.restartWith((text) => text.replace('apiVersion:', `${journal}, apiVersion:`), {
      JOURNAL_SECRET: 'another',
    });
    await readJournal(river);
    await keep(river);
  } finally {
    await river.stop();
  }
}

async function writeBacks(river: DeskRiver): Promise<void> {
  await river.addMembers({
    id: 1,
    email: 'ann@inbox.example',
    name: 'Ann',
    city: 'Oslo',
    phone: '+4721000001',
  });
  river.desk.put({ ref: 'a', mail: 'ann@inbox.example', tel: '+4721000009', address: { city: 'Bergen' } });
  await river.sync();
  for (const [city, answer] of [
    ['Lyon', { status: 503, headers: { 'retry-after': '2' } }],
    ['Nice', { status: 401 }],
  ] as const) {
    river.desk.refuse = () => answer;
    await river.addMembers({ id: 1, email: 'ann@inbox.example', name: 'Ann', city, phone: '+4721000009' });
    await river.sync();
    river.desk.refuse = () => null;
    if (answer.status === 401) {
      await resumeTargets(river.pool, river.portalId);
      await river.ring('desk');
    }
    await until(
      async () => river.desk.callers.get('a')?.address?.city,
      (held) => held === city,
    );
  }
}

/** A person's edit, told twice: one window after the other. */
async function edits(river: DeskRiver): Promise<void> {
  await river.sync();
  const { rows } = await river.pool.query<{ id: string }>(
    `select record_id as id from known_states where target = 'hubspot' and object_type = 'contacts'`,
  );
  const key = rows[0]!.id;
  for (const lastname of ['Anne', 'Anna']) {
    await control(river.simulatorUrl, 'edit', { objectType: 'contacts', id: key, properties: { lastname } });
    await tellInbox(river, [{ kind: 'changed', key }]);
  }
  await readJournal(river);
  const { workflowId } = laneWorkflow(river.portalId, { lane: 'receive' });
  await river.temporal.workflow.getHandle(workflowId).result();
}

async function readJournal({ temporal, portalId }: DeskRiver): Promise<void> {
  const lane = await temporal.workflow.signalWithStart('followJournal', {
    ...{ taskQueue, workflowId: `journal:${portalId}`, args: [{ portalId }] },
    ...{ signal: bellSignal, signalArgs: [] },
  });
  await lane.result();
}
