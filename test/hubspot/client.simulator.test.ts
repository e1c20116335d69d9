import { readAccountDetails, readDailyUsage } from '../../src/hubspot/accountInfo';
import { applySetup } from '../../src/hubspot/applySetup';
import {
  archiveAssociations,
  createAssociations,
  listAssociationLabels,
  readAssociations,
} from '../../src/hubspot/associations';
import type { RecordOutcome } from '../../src/hubspot/batchReply';
import { createHubSpotClient, type HubSpotClient } from '../../src/hubspot/client';
import { listCustomObjects } from '../../src/hubspot/customObjects';
import { listRecords } from '../../src/hubspot/listRecords';
import { listOwners } from '../../src/hubspot/owners';
import { apiVersions, type ApiVersion } from '../../src/hubspot/paths';
import { listPipelines } from '../../src/hubspot/pipelines';
import { planSetup } from '../../src/hubspot/planSetup';
import { listProperties, listPropertyGroups } from '../../src/hubspot/properties';
import { listPropertyValidations } from '../../src/hubspot/propertyValidations';
import { getRecord, readBatch } from '../../src/hubspot/readBatch';
import { archiveBatch, updateBatch, upsertBatch, type UpsertInput } from '../../src/hubspot/writeBatch';
import { startHubSpotSimulator, type RunningSimulator } from '../../src/simulator/hubspot/server';
import { switchChoices } from '../../src/simulator/hubspot/switches';

let simulator: RunningSimulator;
beforeEach(async () => {
  simulator = await startHubSpotSimulator({ tokens: ['token'], settings: { limits: null } });
});
afterEach(() => simulator.stop());

const connect = (apiVersion: ApiVersion = '2026-09', token = 'token'): HubSpotClient =>
  createHubSpotClient({ accessToken: () => token, baseUrl: simulator.url, apiVersion, deadlineMs: 20_000 });

async function control(path: string, body: unknown): Promise<void> {
  const response = await fetch(`${simulator.url}/_simulator/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`the simulator refused ${path}: ${await response.text()}`);
}

async function setUp(client: HubSpotClient, objectType = 'contacts') {
  const plan = planSetup([
    {
      objectType,
      wanted: [],
      existing: await listProperties(client, objectType),
      groups: await listPropertyGroups(client, objectType),
    },
  ]);
  expect(plan.faults).toEqual([]);
  return { plan, result: await applySetup(client, plan) };
}

const input = (key: string, properties: Record<string, string> = {}): UpsertInput => ({
  traceId: `trace-${key}`,
  id: key,
  idProperty: 'tributary_id',
  properties: { tributary_id: key, email: `${key}@example.com`, ...properties },
});

/** Sends a batch the way a caller should: halves for what is refused as a whole or not attributed. */
async function deliver(client: HubSpotClient, inputs: UpsertInput[]): Promise<Map<string, RecordOutcome>> {
  const { outcomes, wholeBatch } = await upsertBatch(client, { objectType: 'contacts', inputs });
  const open = wholeBatch
    ? inputs
    : inputs.filter(({ traceId }) => outcomes.get(traceId)?.kind === 'unproved');
  if (open.length === 0 || inputs.length === 1) return outcomes;
  const half = Math.ceil(open.length / 2);
  const halves = [await deliver(client, open.slice(0, half)), await deliver(client, open.slice(half))];
  return new Map([...outcomes, ...halves.flatMap((map) => [...map])]);
}

describe.each(apiVersions)('with API version %s', (version) => {
  test('set-up, reference data and account facts are read and written', async () => {
    const client = connect(version);
    const first = await setUp(client);
    expect(first.result).toEqual({ created: 2, existed: 0, faults: [] });
    expect((await setUp(client)).plan).toEqual({ groups: [], properties: [], faults: [] });
    expect(await applySetup(client, first.plan)).toEqual({ created: 0, existed: 2, faults: [] });
    expect((await readAccountDetails(client)).portalId).toBe(simulator.portalId);
    expect((await readDailyUsage(client)).length).toBeGreaterThan(0);
    expect((await listPipelines(client, 'deals'))[0]?.stages.length).toBeGreaterThan(0);
    expect(Array.isArray((await listOwners(client)).owners)).toBe(true);
    expect(await listCustomObjects(client)).toEqual([]);
    expect(Array.isArray(await listPropertyValidations(client, '0-1'))).toBe(true);
  });

  test('records are written, read, updated, listed and archived', async () => {
    const client = connect(version);
    await setUp(client);
    const written = await upsertBatch(client, {
      objectType: 'contacts',
      inputs: ['a', 'b', 'c'].map((key) => input(key)),
    });
    const ids = ['a', 'b', 'c'].map((key) => {
      const outcome = written.outcomes.get(`trace-${key}`);
      expect(outcome).toMatchObject({ kind: 'written', isNew: true });
      return outcome?.kind === 'written' ? outcome.id : '';
    });
    const again = await upsertBatch(client, { objectType: 'contacts', inputs: [input('b')] });
    expect(again.outcomes.get('trace-b')).toMatchObject({ kind: 'written', id: ids[1], isNew: false });
    await updateBatch(client, {
      objectType: 'contacts',
      inputs: ids.map((id, index) => ({ traceId: id, id, properties: { firstname: `Name ${index}` } })),
    });

    const first = await listRecords(client, { objectType: 'contacts', limit: 2, properties: ['firstname'] });
    const rest = await listRecords(client, {
      objectType: 'contacts',
      limit: 2,
      after: first.next,
      properties: ['firstname'],
    });
    expect(
      [...first.records, ...rest.records].map((record) => [record.id, record.properties['firstname']]),
    ).toEqual(ids.map((id, index) => [id, `Name ${index}`]));
    expect(rest.next).toBeNull();

    const archived = await archiveBatch(client, { objectType: 'contacts', ids: [ids[0]!] });
    expect(archived.archived).toEqual([ids[0]]);
    const read = await readBatch(client, { objectType: 'contacts', ids, properties: ['email'] });
    expect(read.records.map((record) => record.id).sort()).toEqual(ids.slice(1).sort());
    expect(read.missing).toEqual([ids[0]]);
    const gone = await listRecords(client, {
      objectType: 'contacts',
      limit: 10,
      properties: [],
      archived: true,
    });
    expect(gone.records.map((record) => record.id)).toEqual([ids[0]]);
    const byEmail = { objectType: 'contacts', idProperty: 'email', properties: ['email'] };
    expect((await getRecord(client, { ...byEmail, id: 'b@example.com' }))?.id).toBe(ids[1]);
    expect(await getRecord(client, { ...byEmail, id: 'nobody@example.com' })).toBeNull();
  });

  test('associations are written, read and removed', async () => {
    const client = connect(version);
    const seeded = simulator.seed({
      records: [
        { objectType: 'contacts', properties: { email: 'a@example.com' } },
        { objectType: 'contacts', properties: { email: 'b@example.com' } },
        { objectType: 'companies', properties: { name: 'Acme' } },
      ],
    });
    const [ann, bob, acme] = seeded.ids as [string, string, string];
    const pair = { fromType: 'contacts', toType: 'companies' };
    const labels = await listAssociationLabels(client, pair);
    expect(labels.map((label) => label.typeId)).toEqual(expect.arrayContaining([1, 279]));
    const types = [{ category: 'HUBSPOT_DEFINED', typeId: 279 }];
    const written = await createAssociations(client, {
      ...pair,
      inputs: [{ fromId: ann, toId: acme, types }],
    });
    expect(written.outcomes.get(`${ann}>${acme}`)).toEqual({ kind: 'written' });
    const refused = await createAssociations(client, {
      ...pair,
      inputs: [
        { fromId: bob, toId: acme, types },
        { fromId: bob, toId: '999999999', types },
      ],
    });
    expect(refused.outcomes.get(`${bob}>${acme}`)).toEqual({ kind: 'written' });
    expect(refused.outcomes.get(`${bob}>999999999`)).not.toEqual({ kind: 'written' });
    await archiveAssociations(client, { ...pair, inputs: [{ fromId: bob, toIds: [acme] }] });
    const read = await readAssociations(client, { ...pair, inputs: [{ id: ann }, { id: bob }] });
    expect(read.failed).toEqual([]);
    expect(read.byFromId.get(ann)?.map((item) => item.toId)).toEqual([acme]);
    expect(read.byFromId.get(bob)).toEqual([]);
  });
});

// DESIGN §5.12: right under every setting of what is uncertain, and where a result can be recognised by nothing.
const settings: [string, Record<string, unknown>][] = [
  ...Object.entries(switchChoices).flatMap(([name, choices]) =>
    choices.map((choice): [string, Record<string, unknown>] => [`${name} ${choice}`, { [name]: choice }]),
  ),
  ['bare, shuffled results', { resultsEchoTraceId: false, writeRepliesCarryProperties: false }],
];

test.each(settings)(
  'with %s what is called written is there, and what is refused is not',
  async (_, switches) => {
    const client = connect();
    await setUp(client);
    simulator.seed({ records: [{ objectType: 'contacts', properties: { email: 'owner@example.com' } }] });
    await control('switches', switches);
    const good = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6'];
    const outcomes = await deliver(client, [
      ...good.map((key) => input(key)),
      input('badDate', { date_of_birth: 'yesterday', hs_lead_status: 'NO_SUCH_OPTION' }),
      input('taken', { email: 'owner@example.com' }),
    ]);

    for (const key of good) {
      const outcome = outcomes.get(`trace-${key}`);
      expect(outcome).toMatchObject({ kind: 'written' });
      if (outcome?.kind !== 'written') continue;
      const read = { objectType: 'contacts', id: outcome.id, properties: ['tributary_id'] };
      expect((await getRecord(client, read))?.properties['tributary_id']).toBe(key);
    }
    expect(outcomes.get('trace-badDate')).toMatchObject({
      kind: 'rejected',
      fault: 'invalid',
      propertyErrors: expect.arrayContaining([
        expect.objectContaining({ property: 'hs_lead_status', code: 'INVALID_OPTION' }),
      ]),
    });
    expect(outcomes.get('trace-taken')).toMatchObject({ kind: 'rejected', fault: 'conflict' });
    const all = await listRecords(client, {
      objectType: 'contacts',
      limit: 100,
      properties: ['tributary_id'],
    });
    expect(all.records).toHaveLength(7); // six and the owner: nothing twice, nothing refused
  },
);

describe('when a reply is lost or damaged', () => {
  const batch = { objectType: 'contacts', inputs: [input('a'), input('b')] };
  const fault = (kind: string, more: object = {}) =>
    control('faults', { match: { path: 'batch/upsert', times: 1 }, do: kind, ...more });

  test.each([
    ['resetAfterCommit', 'the connection broke'],
    ['resetBeforeCommit', 'the connection broke'],
  ])('%s is thrown as perhaps written, and sending again makes no second record', async (kind, reason) => {
    const client = connect();
    await setUp(client);
    await fault(kind);
    await expect(upsertBatch(client, batch)).rejects.toMatchObject({
      name: 'HubSpotFailure',
      action: 'retry',
      verdict: { reason, mayHaveWritten: true },
    });
    const outcomes = await deliver(client, batch.inputs);
    expect([...outcomes.values()].map((outcome) => outcome.kind)).toEqual(['written', 'written']);
    const all = await listRecords(client, { objectType: 'contacts', limit: 100, properties: [] });
    expect(all.records).toHaveLength(2);
  });

  test.each(['empty200BeforeCommit', 'empty200AfterCommit', 'truncatedAfterCommit'])(
    '%s proves nothing',
    async (kind) => {
      const client = connect();
      await setUp(client);
      await fault(kind);
      const { outcomes } = await upsertBatch(client, batch);
      expect([...outcomes.values()].map((outcome) => outcome.kind)).toEqual(['unproved', 'unproved']);
    },
  );

  test('a 502 page asks for a smaller batch', async () => {
    const client = connect();
    await setUp(client);
    await fault('html', { status: 502 });
    await expect(upsertBatch(client, batch)).rejects.toMatchObject({
      status: 502,
      action: 'retryAfter',
      verdict: { shrinkBatch: true },
    });
  });
});

test('limits, tokens and scopes are classified from what the portal really sends', async () => {
  const client = connect();
  await control('settings', { limits: { perTenSeconds: 1, daily: null } });
  await readAccountDetails(client);
  await expect(readAccountDetails(client)).rejects.toMatchObject({
    action: 'retryAfter',
    policyName: 'TEN_SECONDLY_ROLLING',
  });
  await control('settings', { limits: { perTenSeconds: null, daily: 1 } });
  await expect(readAccountDetails(client)).rejects.toMatchObject({
    action: 'pausePortal',
    verdict: { until: 'dailyReset' },
  });
  await control('settings', { limits: null, tokens: [{ token: 'old', expiresInMs: 0 }, 'token'] });
  await expect(readAccountDetails(connect('2026-09', 'old'))).rejects.toMatchObject({
    action: 'refreshToken',
  });
  await expect(readAccountDetails(connect('2026-09', 'wrong'))).rejects.toMatchObject({
    action: 'pausePortal',
  });
  await control('settings', { scopesWithheld: ['crm.objects.contacts.write'] });
  await expect(
    updateBatch(client, { objectType: 'contacts', inputs: [{ traceId: 't', id: '1', properties: {} }] }),
  ).rejects.toMatchObject({
    action: 'defect',
    verdict: { missingScopes: expect.arrayContaining(['crm.objects.contacts.write']) },
  });
});
