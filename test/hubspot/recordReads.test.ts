import { listRecords } from '../../src/hubspot/listRecords';
import { getRecord, readBatch } from '../../src/hubspot/readBatch';
import { searchRecords } from '../../src/hubspot/searchRecords';
import { askHubSpot, recordReply } from './askHubSpot';
import { sendJson } from './rawServer';

const hubspot = askHubSpot();

describe('listRecords', () => {
  test('asks for one page and hands on the cursor; unknown fields survive', async () => {
    hubspot.replies(200, {
      results: [{ ...recordReply('1', { email: 'a@b.c', phone: null }), newField: { deep: true } }],
      paging: { next: { after: '2', link: 'x' } },
    });
    const page = await listRecords(hubspot.client, {
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
    expect(hubspot.server.seen.map((request) => request.url)).toEqual([
      '/crm/objects/2026-09/contacts?limit=100&after=1&associations=companies&archived=true&properties=email,phone',
    ]);
    expect(hubspot.buckets).toEqual(['burst']);
  });

  test('reads long property lists by id, keeps the associations, and leaves out what vanished meanwhile', async () => {
    const properties = Array.from({ length: 500 }, (_, index) => `a_rather_long_property_name_${index}`);
    const associations = { companies: { results: [{ id: '9', type: 'contact_to_company' }] } };
    hubspot.answer = (request, response) => {
      if (request.method === 'GET') {
        sendJson(response, 200, {
          results: [{ ...recordReply('1'), associations }, recordReply('2'), recordReply('3')],
        });
      } else {
        sendJson(response, 207, {
          results: [recordReply('3', { x: '3' }), recordReply('1', { x: '1' })],
          errors: [{ category: 'OBJECT_NOT_FOUND', message: 'gone', context: { ids: ['2'] } }],
        });
      }
    };
    const page = await listRecords(hubspot.client, { objectType: 'contacts', limit: 100, properties });
    expect(page.records.map((item) => [item.id, item.properties])).toEqual([
      ['1', { x: '1' }],
      ['3', { x: '3' }],
    ]);
    expect(page.records[0]!.associations).toEqual(associations);
    expect(page.next).toBeNull();
    expect(hubspot.server.seen).toHaveLength(2);
    expect(hubspot.server.seen[1]!.body).toMatchObject({
      properties,
      inputs: [{ id: '1' }, { id: '2' }, { id: '3' }],
    });
    expect(Math.max(...hubspot.server.seen.map((request) => request.url.length))).toBeLessThan(8000);
    expect(hubspot.buckets).toEqual(['burst', 'burst']);
  });

  test('a reply of another shape is a defect that names the place, not the value', async () => {
    hubspot.replies(200, { results: [{ id: { secret: 'x' }, properties: {} }] });
    await expect(
      listRecords(hubspot.client, { objectType: 'contacts', limit: 1, properties: [] }),
    ).rejects.toMatchObject({
      name: 'HubSpotFailure',
      action: 'defect',
      message: expect.stringMatching(/results\.0\.id/),
    });
  });

  test('a failing status is thrown with its action', async () => {
    hubspot.replies(429, { policyName: 'TEN_SECONDLY_ROLLING', errorType: 'RATE_LIMIT' });
    await expect(
      listRecords(hubspot.client, { objectType: 'contacts', limit: 1, properties: [] }),
    ).rejects.toMatchObject({
      action: 'retryAfter',
      verdict: { afterMs: 10_000 },
    });
  });
});

describe('reading', () => {
  test('readBatch sends every id once, idProperty at the top, and names the missing', async () => {
    hubspot.replies(207, {
      results: [recordReply('5', { email: 'a@b.c' })],
      errors: [{ category: 'OBJECT_NOT_FOUND', message: 'x', context: { ids: ['no@b.c'] } }],
    });
    const read = await readBatch(hubspot.client, {
      objectType: 'contacts',
      ids: ['a@b.c', 'no@b.c', 'a@b.c'],
      idProperty: 'email',
      properties: ['email'],
    });
    expect(read.records.map((item) => item.id)).toEqual(['5']);
    expect(read.missing).toEqual(['no@b.c']);
    expect(hubspot.server.seen[0]!.body).toEqual({
      properties: ['email'],
      propertiesWithHistory: [],
      idProperty: 'email',
      inputs: [{ id: 'a@b.c' }, { id: 'no@b.c' }],
    });
  });

  test('an unknown object type is not an empty result', async () => {
    hubspot.replies(404, { message: 'Unable to infer object type from: contcts' });
    await expect(
      readBatch(hubspot.client, { objectType: 'contcts', ids: ['1'], properties: [] }),
    ).rejects.toMatchObject({
      action: 'defect',
    });
  });

  test('getRecord answers null for a record that is not there', async () => {
    hubspot.replies(404, { status: 'error', message: 'resource not found', correlationId: 'x' });
    expect(
      await getRecord(hubspot.client, {
        objectType: 'contacts',
        id: 'a@b.c',
        idProperty: 'email',
        properties: ['email'],
      }),
    ).toBeNull();
    expect(hubspot.server.seen[0]!.url).toBe(
      '/crm/objects/2026-09/contacts/a%40b.c?idProperty=email&properties=email',
    );
  });

  test('searchRecords uses the search quota', async () => {
    hubspot.replies(200, { total: 3, results: [recordReply('1')], paging: { next: { after: 1 } } });
    const found = await searchRecords(hubspot.client, {
      objectType: 'deals',
      filterGroups: [{ filters: [{ propertyName: 'hs_object_id', operator: 'GT', value: '0' }] }],
      sort: { propertyName: 'hs_object_id', direction: 'ASCENDING' },
      properties: ['dealname'],
      limit: 1,
    });
    expect(found).toMatchObject({ total: 3, next: '1' });
    expect(hubspot.buckets).toEqual(['search']);
  });
});
