import { archiveBatch, createBatch, updateBatch, upsertBatch } from '../../src/hubspot/writeBatch';
import { askHubSpot, recordReply } from './askHubSpot';

const hubspot = askHubSpot();

describe('writing', () => {
  test('upsertBatch puts idProperty and trace id on every input and folds e-mails', async () => {
    hubspot.replies(200, {
      status: 'COMPLETE',
      results: [{ ...recordReply('1', { email: 'ann@b.c' }), new: true }],
    });
    const reading = await upsertBatch(hubspot.client, {
      objectType: 'contacts',
      inputs: [{ traceId: 't', id: ' Ann@B.c', idProperty: 'email', properties: { email: 'ann@b.c' } }],
    });
    expect(reading.outcomes.get('t')).toMatchObject({ kind: 'written', id: '1', isNew: true });
    expect(hubspot.server.seen[0]).toMatchObject({
      url: '/crm/objects/2026-09/contacts/batch/upsert',
      body: {
        inputs: [
          { id: 'ann@b.c', idProperty: 'email', properties: { email: 'ann@b.c' }, objectWriteTraceId: 't' },
        ],
      },
    });
  });

  test('createBatch and updateBatch send their own shapes', async () => {
    hubspot.replies(201, { status: 'COMPLETE', results: [] });
    await createBatch(hubspot.client, {
      objectType: 'contacts',
      inputs: [{ traceId: 't', properties: { tributary_id: 'k' }, uniqueProperty: 'tributary_id' }],
    });
    await updateBatch(hubspot.client, {
      objectType: 'contacts',
      inputs: [{ traceId: 'u', id: '5', properties: { a: '' } }],
    });
    expect(hubspot.server.seen.map((request) => [request.url, request.body])).toEqual([
      [
        '/crm/objects/2026-09/contacts/batch/create',
        { inputs: [{ properties: { tributary_id: 'k' }, objectWriteTraceId: 't' }] },
      ],
      [
        '/crm/objects/2026-09/contacts/batch/update',
        { inputs: [{ id: '5', properties: { a: '' }, objectWriteTraceId: 'u' }] },
      ],
    ]);
  });

  const two = {
    objectType: 'contacts',
    inputs: [
      { traceId: 'a', id: '1', properties: {} },
      { traceId: 'b', id: '2', properties: {} },
    ],
  };

  test('what concerns the records comes back, what concerns the call is thrown', async () => {
    hubspot.replies(400, { category: 'VALIDATION_ERROR', message: 'no' });
    expect((await updateBatch(hubspot.client, two)).wholeBatch?.verdict.action).toBe('split');
    for (const [status, action] of [
      [401, 'pausePortal'],
      [429, 'retryAfter'],
      [477, 'pausePortal'],
      [502, 'retryAfter'],
    ] as const) {
      hubspot.replies(status, {});
      await expect(updateBatch(hubspot.client, two)).rejects.toMatchObject({
        name: 'HubSpotFailure',
        status,
        action,
      });
    }
  });

  test('nothing is sent for no input, for more than 100, or for a trace id that stands twice', async () => {
    hubspot.replies(200, {});
    expect((await updateBatch(hubspot.client, { objectType: 'contacts', inputs: [] })).outcomes.size).toBe(0);
    const many = Array.from({ length: 101 }, (_, index) => ({
      traceId: `${index}`,
      id: `${index}`,
      properties: {},
    }));
    await expect(updateBatch(hubspot.client, { objectType: 'contacts', inputs: many })).rejects.toMatchObject(
      {
        action: 'defect',
      },
    );
    const twice = [two.inputs[0]!, { ...two.inputs[1]!, traceId: 'a' }];
    await expect(
      updateBatch(hubspot.client, { objectType: 'contacts', inputs: twice }),
    ).rejects.toMatchObject({
      action: 'defect',
    });
    expect(hubspot.server.seen).toHaveLength(0);
  });

  test('archiveBatch is proved by 204, and by a 207 for those it does not name', async () => {
    hubspot.answer = (_, response) => response.writeHead(204).end();
    expect(
      await archiveBatch(hubspot.client, { objectType: 'contacts', ids: ['1', '2', '1'] }),
    ).toMatchObject({
      archived: ['1', '2'],
    });
    hubspot.replies(207, {
      errors: [{ category: 'OBJECT_NOT_FOUND', message: 'x', context: { ids: ['2'] } }],
    });
    expect(await archiveBatch(hubspot.client, { objectType: 'contacts', ids: ['1', '2'] })).toMatchObject({
      archived: ['1'],
      rejected: [{ id: '2', category: 'OBJECT_NOT_FOUND' }],
    });
    hubspot.replies(207, { errors: [{ category: 'VALIDATION_ERROR', message: 'something' }] });
    expect(await archiveBatch(hubspot.client, { objectType: 'contacts', ids: ['1', '2'] })).toMatchObject({
      archived: [],
      unproved: ['1', '2'],
    });
    hubspot.replies(400, { category: 'VALIDATION_ERROR', message: 'x' });
    expect(await archiveBatch(hubspot.client, { objectType: 'contacts', ids: ['1', '2'] })).toMatchObject({
      archived: [],
      isSplitNeeded: true,
    });
  });
});
