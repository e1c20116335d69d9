import { readAccountDetails, readDailyUsage } from '../../src/hubspot/accountInfo';
import { applySetup } from '../../src/hubspot/applySetup';
import { listCustomObjects } from '../../src/hubspot/customObjects';
import { listOwners } from '../../src/hubspot/owners';
import { listPipelines } from '../../src/hubspot/pipelines';
import { createProperty, listProperties } from '../../src/hubspot/properties';
import { listPropertyValidations } from '../../src/hubspot/propertyValidations';
import { askHubSpot } from './askHubSpot';
import { sendJson } from './rawServer';

const hubspot = askHubSpot();

test('reference data and account facts are parsed loosely', async () => {
  const bodies: Record<string, unknown> = {
    '/crm/owners/2026-09?limit=100&archived=false': {
      results: [{ id: 7, email: 'o@b.c', extra: 1 }],
      paging: { next: { after: '8' } },
    },
    '/crm/pipelines/2026-09/deals': {
      results: [
        {
          id: 'default',
          label: 'Sales',
          stages: [{ id: 's1', label: 'New', metadata: { isClosed: 'false' } }],
        },
      ],
    },
    '/crm-object-schemas/2026-09/schemas': {
      results: [{ objectTypeId: '2-1', name: 'exam', labels: { singular: 'Exam' } }],
    },
    '/account-info/2026-09/details': { portalId: 62515, timeZone: 'Europe/London', utcOffsetMilliseconds: 0 },
    '/account-info/2026-09/api-usage/daily/private-apps': {
      results: [{ name: 'x', currentUsage: 5, usageLimit: 10 }],
    },
    '/crm/property-validations/2026-09/0-1': {
      results: [
        { propertyName: 'zip', propertyValidationRules: [{ ruleType: 'MAX_LENGTH', ruleArguments: ['5'] }] },
      ],
    },
    '/crm/properties/2026-09/contacts': {
      results: [{ name: 'email', label: 'Email', type: 'string', fieldType: 'text', options: [] }],
    },
  };
  hubspot.answer = (request, response) =>
    sendJson(response, bodies[request.url] ? 200 : 404, bodies[request.url] ?? {});
  const api = hubspot.client;
  expect(await listOwners(api)).toMatchObject({ owners: [{ id: '7', extra: 1 }], next: '8' });
  expect(await listPipelines(api, 'deals')).toMatchObject([{ stages: [{ id: 's1' }] }]);
  expect(await listCustomObjects(api)).toMatchObject([{ objectTypeId: '2-1' }]);
  expect(await readAccountDetails(api)).toMatchObject({ portalId: 62515, timeZone: 'Europe/London' });
  expect(await readDailyUsage(api)).toMatchObject([{ currentUsage: 5 }]);
  expect(await listPropertyValidations(api, '0-1')).toMatchObject([{ propertyName: 'zip' }]);
  expect(await listProperties(api, 'contacts')).toMatchObject([{ name: 'email' }]);
  expect(hubspot.server.seen).toHaveLength(7);
});

describe('set-up', () => {
  const definition = { name: 'p', label: 'P', type: 'string', fieldType: 'text', groupName: 'g' };

  test.each([
    [201, { name: 'p' }, 'created'],
    [409, { category: 'OBJECT_ALREADY_EXISTS', message: 'x' }, 'exists'],
    [409, {}, 'exists'],
    [400, { category: 'VALIDATION_ERROR', message: 'A property named p already exists.' }, 'exists'],
  ])('a creation answered with %d %p is %s', async (status, body, expected) => {
    hubspot.replies(status, body);
    expect(await createProperty(hubspot.client, 'contacts', definition)).toBe(expected);
  });

  test('a definition that HubSpot refuses is a fault and the rest goes on', async () => {
    hubspot.answer = (request, response) => {
      const { name } = request.body as { name: string };
      if (name === 'bad') sendJson(response, 400, { category: 'VALIDATION_ERROR', message: 'no' });
      else if (name === 'raced') sendJson(response, 409, {});
      else sendJson(response, 201, { name });
    };
    const plan = {
      groups: [{ objectType: 'contacts', name: 'g', label: 'G' }],
      properties: ['bad', 'raced', 'good'].map((name) => ({
        objectType: 'contacts',
        property: { ...definition, name },
      })),
      faults: [],
    };
    expect(await applySetup(hubspot.client, plan)).toMatchObject({
      created: 2,
      existed: 1,
      faults: [{ objectType: 'contacts', property: 'bad' }],
    });
    expect(hubspot.server.seen.map((request) => request.url)).toEqual([
      '/crm/properties/2026-09/contacts/groups',
      ...Array(3).fill('/crm/properties/2026-09/contacts'),
    ]);
  });

  test('an outage is thrown, to be tried again', async () => {
    hubspot.replies(503, {});
    const plan = { groups: [{ objectType: 'contacts', name: 'g', label: 'G' }], properties: [], faults: [] };
    await expect(applySetup(hubspot.client, plan)).rejects.toMatchObject({ action: 'retryAfter' });
  });
});
