import type http from 'node:http';
import { createHubSpotClient } from '../../src/hubspot/client';
import { archiveBatch, createBatch, updateBatch, upsertBatch } from '../../src/hubspot/writeBatch';
import { sendJson, startRawServer, type RawServer, type SeenRequest } from './rawServer';

let server: RawServer;
let answer: (request: SeenRequest, response: http.ServerResponse) => void;

beforeEach(async () => {
  server = await startRawServer((request, response) => answer(request, response));
});
afterEach(() => server.stop());

const client = () =>
  createHubSpotClient({
    accessToken: () => 'token',
    baseUrl: server.url,
    apiVersion: '2026-09',
  });
const replies = (status: number, body: unknown) => {
  answer = (_, response) => sendJson(response, status, body);
};
const record = (id: string, properties: object = {}) => ({
  id,
  properties,
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
  archived: false,
});

describe('writing', () => {
  test('upsertBatch puts idProperty and trace id on every input and folds e-mails', async () => {
    replies(200, { status: 'COMPLETE', results: [{ ...record('1', { email: 'ann@b.c' }), new: true }] });
    const reading = await upsertBatch(client(), {
      objectType: 'contacts',
      inputs: [{ traceId: 't', id: ' Ann@B.c', idProperty: 'email', properties: { email: 'ann@b.c' } }],
    });
    expect(reading.outcomes.get('t')).toMatchObject({ kind: 'written', id: '1', isNew: true });
    expect(server.seen[0]).toMatchObject({
      url: '/crm/objects/2026-09/contacts/batch/upsert',
      body: {
        inputs: [
          { id: 'ann@b.c', idProperty: 'email', properties: { email: 'ann@b.c' }, objectWriteTraceId: 't' },
        ],
      },
    });
  });

  test('createBatch and updateBatch send their own shapes', async () => {
    replies(201, { status: 'COMPLETE', results: [] });
    await createBatch(client(), {
      objectType: 'contacts',
      inputs: [{ traceId: 't', properties: { tributary_id: 'k' }, uniqueProperty: 'tributary_id' }],
    });
    await updateBatch(client(), {
      objectType: 'contacts',
      inputs: [{ traceId: 'u', id: '5', properties: { a: '' } }],
    });
    expect(server.seen.map((request) => [request.url, request.body])).toEqual([
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
    replies(400, { category: 'VALIDATION_ERROR', message: 'no' });
    expect((await updateBatch(client(), two)).wholeBatch?.verdict.action).toBe('split');
    for (const [status, action] of [
      [401, 'pausePortal'],
      [429, 'retryAfter'],
      [477, 'pausePortal'],
      [502, 'retryAfter'],
    ] as const) {
      replies(status, {});
      await expect(updateBatch(client(), two)).rejects.toMatchObject({
        name: 'HubSpotFailure',
        status,
        action,
      });
    }
  });

  test('nothing is sent for no input, for more than 100, or for a trace id that stands twice', async () => {
    replies(200, {});
    expect((await updateBatch(client(), { objectType: 'contacts', inputs: [] })).outcomes.size).toBe(0);
    const many = Array.from({ length: 101 }, (_, index) => ({
      traceId: `${index}`,
      id: `${index}`,
      properties: {},
    }));
    await expect(updateBatch(client(), { objectType: 'contacts', inputs: many })).rejects.toMatchObject({
      action: 'defect',
    });
    const twice = [two.inputs[0]!, { ...two.inputs[1]!, traceId: 'a' }];
    await expect(updateBatch(client(), { objectType: 'contacts', inputs: twice })).rejects.toMatchObject({
      action: 'defect',
    });
    expect(server.seen).toHaveLength(0);
  });

  test('archiveBatch is proved by 204, and by a 207 for those it does not name', async () => {
    answer = (_, response) => response.writeHead(204).end();
    expect(await archiveBatch(client(), { objectType: 'contacts', ids: ['1', '2', '1'] })).toMatchObject({
      archived: ['1', '2'],
    });
    replies(207, { errors: [{ category: 'OBJECT_NOT_FOUND', message: 'x', context: { ids: ['2'] } }] });
    expect(await archiveBatch(client(), { objectType: 'contacts', ids: ['1', '2'] })).toMatchObject({
      archived: ['1'],
      rejected: [{ id: '2', category: 'OBJECT_NOT_FOUND' }],
    });
    replies(207, { errors: [{ category: 'VALIDATION_ERROR', message: 'something' }] });
    expect(await archiveBatch(client(), { objectType: 'contacts', ids: ['1', '2'] })).toMatchObject({
      archived: [],
      unproved: ['1', '2'],
    });
    replies(400, { category: 'VALIDATION_ERROR', message: 'x' });
    expect(await archiveBatch(client(), { objectType: 'contacts', ids: ['1', '2'] })).toMatchObject({
      archived: [],
      isSplitNeeded: true,
    });
  });
});
