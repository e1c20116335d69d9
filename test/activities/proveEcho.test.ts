import { proveEcho } from '../../src/activities/deliver/proveEcho';
import type { TakenBatch } from '../../src/db/delivery/batches';
import { foldOutcomes } from '../../src/domain/delivery/foldOutcome';
import type { BatchReading, RecordOutcome } from '../../src/hubspot/batchReply';
import { askHubSpot, recordReply } from '../hubspot/askHubSpot';

const bench = askHubSpot();
const goldenId = '00000000-0000-4000-8000-000000000001';

const batchOf = (operation: TakenBatch['operation'], properties: Record<string, string>): TakenBatch => ({
  ...{ batchId: '1', fence: '1', objectType: 'contacts', operation, lane: 2 },
  ...{ unproved: 0, hardFailures: 0, attempts: 1, rootId: '1', maybeWritten: false },
  intents: [
    {
      ...{ goldenId, recordId: operation === 'create' ? null : '7', properties, before: {} },
      ...{ runId: null, leadSource: 'azure' },
    },
  ],
});
const reading = (outcome: RecordOutcome): BatchReading => ({ outcomes: new Map([[goldenId, outcome]]) });
const written = (properties: Record<string, string | null>): RecordOutcome => ({
  ...{ kind: 'written', id: '7', properties, updatedAt: null },
});
const missing: RecordOutcome = { kind: 'unproved', why: 'missing', category: null };
const replies = (...records: object[]) => bench.replies(200, { status: 'COMPLETE', results: records });

async function proved(batch: TakenBatch, outcome: RecordOutcome) {
  const { outcomes } = await proveEcho(bench.client, 'contacts', batch, reading(outcome));
  return {
    outcome: outcomes.get(goldenId),
    folded: foldOutcomes(batch.intents, outcomes, ['city', 'stage']),
  };
}

test('a reply that shows all values costs no call', async () => {
  const { outcome } = await proved(batchOf('update', { city: 'York' }), written({ city: 'York' }));
  expect(outcome).toEqual(written({ city: 'York' }));
  expect(bench.buckets).toEqual([]);
});

test('a value that is confirmed without being shown is read back, and what HubSpot keeps instead is known', async () => {
  replies(recordReply('7', { stage: 'customer' }));
  const { folded } = await proved(
    batchOf('update', { city: 'York', stage: 'lead' }),
    written({ city: 'York' }),
  );
  expect(bench.buckets).toEqual(['burst']);
  expect(folded.written).toMatchObject([{ recordId: '7', kept: { city: 'York', stage: 'customer' } }]);
});

test('a value that was cleared needs no proof', async () => {
  await proved(batchOf('update', { city: '' }), written({}));
  expect(bench.buckets).toEqual([]);
});

test('a record that cannot be read back is not proved', async () => {
  replies();
  const { folded } = await proved(batchOf('update', { city: 'York' }), written({}));
  expect(folded).toMatchObject({ written: [], open: [goldenId] });
});

test('a new record that the reply does not name is found by our own property', async () => {
  replies(recordReply('99', { tributary_id: goldenId, city: 'York' }));
  const { folded } = await proved(batchOf('create', { city: 'York' }), missing);
  expect(folded.written).toMatchObject([{ recordId: '99', kept: { city: 'York', stage: null } }]);
  expect(bench.server.seen.map(({ body }) => body)).toMatchObject([
    { idProperty: 'tributary_id', inputs: [{ id: goldenId }] },
  ]);
});

test("somebody else's record proves nothing, and neither does an update that is not named", async () => {
  replies(recordReply('99', { tributary_id: 'of another golden record' }));
  expect((await proved(batchOf('create', { city: 'York' }), missing)).folded.open).toEqual([goldenId]);
  expect((await proved(batchOf('update', { city: 'York' }), missing)).folded.open).toEqual([goldenId]);
  expect(bench.buckets).toEqual(['burst']);
});
