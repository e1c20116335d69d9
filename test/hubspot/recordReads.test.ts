import type http from 'node:http';
import { createHubSpotClient, type Bucket } from '../../src/hubspot/client';
import { listRecords } from '../../src/hubspot/listRecords';
import { getRecord, readBatch } from '../../src/hubspot/readBatch';
import { searchRecords } from '../../src/hubspot/searchRecords';
import { sendJson, startRawServer, type RawServer, type SeenRequest } from './rawServer';

let server: RawServer;
let buckets: Bucket[];
let answer: (request: SeenRequest, response: http.ServerResponse) => void;

beforeEach(async () => {
  buckets = [];
  server = await startRawServer((request, response) => answer(request, response));
});
afterEach(() => server.stop());

const client = () =>
  createHubSpotClient({
    accessToken: () => 'token',
    baseUrl: server.url,
    apiVersion: '2026-09',
    beforeCall: async (bucket) => void buckets.push(bucket),
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

describe('listRecords', () => {
  test('asks for one page and hands on the cursor; unknown fields survive', async () => {
    replies(200, {
      results: [{ ...record('1', { email: 'a@b.c', phone: null }), newField: { deep: true } }],
      paging: { next: { after: '2', link: 'x' } },
    });
    const page = await listRecords(client(), {
      objectType: 'contacts',
      limit: 100,
      after: '1',
      properties: ['email', 'phone'],
      associations: ['companies'],
      archived: true,
    });
    expect(page.next).toBe('2');
    expect(page.records[0]).toMatchObject({
      id: '1',
      properties: { email: 'a@b.c', phone: null },
      newField: { deep: true },
    });
    expect(server.seen.map((request) => request.url)).toEqual([
      '/crm/objects/2026-09/contacts?limit=100&after=1&associations=companies&archived=true&properties=email,phone',
    ]);
    expect(buckets).toEqual(['burst']);
  });

  test('reads long property lists by id, keeps the associations, and leaves out what vanished meanwhile', async () => {
    const properties = Array.from({ length: 500 }, (_, index) => `a_rather_long_property_name_${index}`);
    const associations = { companies: { results: [{ id: '9', type: 'contact_to_company' }] } };
    answer = (request, response) => {
      if (request.method === 'GET') {
        sendJson(response, 200, { results: [{ ...record('1'), associations }, record('2'), record('3')] });
      } else {
        sendJson(response, 207, {
          results: [record('3', { x: '3' }), record('1', { x: '1' })],
          errors: [{ category: 'OBJECT_NOT_FOUND', message: 'gone', context: { ids: ['2'] } }],
        });
      }
    };
    const page = await listRecords(client(), { objectType: 'contacts', limit: 100, properties });
    expect(page.records.map((item) => [item.id, item.properties])).toEqual([
      ['1', { x: '1' }],
      ['3', { x: '3' }],
    ]);
    expect(page.records[0]!.associations).toEqual(associations);
    expect(page.next).toBeNull();
    expect(server.seen).toHaveLength(2);
    expect(server.seen[1]!.body).toMatchObject({
      properties,
      inputs: [{ id: '1' }, { id: '2' }, { id: '3' }],
    });
    expect(Math.max(...server.seen.map((request) => request.url.length))).toBeLessThan(8000);
    expect(buckets).toEqual(['burst', 'burst']);
  });

  test('a reply of another shape is a defect that names the place, not the value', async () => {
    replies(200, { results: [{ id: { secret: 'x' }, properties: {} }] });
    await expect(
      listRecords(client(), { objectType: 'contacts', limit: 1, properties: [] }),
    ).rejects.toMatchObject({
      name: 'HubSpotFailure',
      action: 'defect',
      message: expect.stringMatching(/results\.0\.id/),
    });
  });

  test('a failing status is thrown with its action', async () => {
    replies(429, { policyName: 'TEN_SECONDLY_ROLLING', errorType: 'RATE_LIMIT' });
    await expect(
      listRecords(client(), { objectType: 'contacts', limit: 1, properties: [] }),
    ).rejects.toMatchObject({
      action: 'retryAfter',
      verdict: { afterMs: 10_000 },
    });
  });
});

describe('reading', () => {
  test('readBatch sends every id once, idProperty at the top, and names the missing', async () => {
    replies(207, {
      results: [record('5', { email: 'a@b.c' })],
      errors: [{ category: 'OBJECT_NOT_FOUND', message: 'x', context: { ids: ['no@b.c'] } }],
    });
    const read = await readBatch(client(), {
      objectType: 'contacts',
      ids: ['a@b.c', 'no@b.c', 'a@b.c'],
      idProperty: 'email',
      properties: ['email'],
    });
    expect(read.records.map((item) => item.id)).toEqual(['5']);
    expect(read.missing).toEqual(['no@b.c']);
    expect(server.seen[0]!.body).toEqual({
      properties: ['email'],
      propertiesWithHistory: [],
      idProperty: 'email',
      inputs: [{ id: 'a@b.c' }, { id: 'no@b.c' }],
    });
  });

  test('an unknown object type is not an empty result', async () => {
    replies(404, { message: 'Unable to infer object type from: contcts' });
    await expect(
      readBatch(client(), { objectType: 'contcts', ids: ['1'], properties: [] }),
    ).rejects.toMatchObject({
      action: 'defect',
    });
  });

  test('getRecord answers null for a record that is not there', async () => {
    replies(404, { status: 'error', message: 'resource not found', correlationId: 'x' });
    expect(
      await getRecord(client(), {
        objectType: 'contacts',
        id: 'a@b.c',
        idProperty: 'email',
        properties: ['email'],
      }),
    ).toBeNull();
    expect(server.seen[0]!.url).toBe(
      '/crm/objects/2026-09/contacts/a%40b.c?idProperty=email&properties=email',
    );
  });

  test('searchRecords uses the search quota', async () => {
    replies(200, { total: 3, results: [record('1')], paging: { next: { after: 1 } } });
    const found = await searchRecords(client(), {
      objectType: 'deals',
      filterGroups: [{ filters: [{ propertyName: 'hs_object_id', operator: 'GT', value: '0' }] }],
      sort: { propertyName: 'hs_object_id', direction: 'ASCENDING' },
      properties: ['dealname'],
      limit: 1,
    });
    expect(found).toMatchObject({ total: 3, next: '1' });
    expect(buckets).toEqual(['search']);
  });
});
