import { apiVersions, encodeQuery, hubspotPaths, type ApiVersion } from '../../src/hubspot/paths';

function all(version: ApiVersion) {
  const paths = hubspotPaths(version);
  return [
    paths.objects('contacts'),
    paths.object('contacts', 'a b@c.d/e'),
    paths.objectBatch('2-77', 'upsert'),
    paths.objectSearch('deals'),
    paths.associationBatch('deals', 'contacts', 'create'),
    paths.associationLabelsArchive('deals', 'contacts'),
    paths.associationLabels('deals', 'contacts'),
    paths.properties('contacts'),
    paths.propertyGroups('contacts'),
    paths.propertyValidations('0-1'),
    paths.owners(),
    paths.pipelines('deals'),
    paths.customObjects(),
    paths.accountDetails(),
    paths.dailyUsage(),
    paths.oauthToken(),
    paths.oauthIntrospect(),
    paths.externalInstall(),
  ];
}

test('the legacy version mixes v3 and v4', () => {
  expect(all('v3')).toEqual([
    '/crm/v3/objects/contacts',
    '/crm/v3/objects/contacts/a%20b%40c.d%2Fe',
    '/crm/v3/objects/2-77/batch/upsert',
    '/crm/v3/objects/deals/search',
    '/crm/v4/associations/deals/contacts/batch/create',
    '/crm/v4/associations/deals/contacts/batch/labels/archive',
    '/crm/v4/associations/deals/contacts/labels',
    '/crm/v3/properties/contacts',
    '/crm/v3/properties/contacts/groups',
    '/crm/v3/property-validations/0-1',
    '/crm/v3/owners',
    '/crm/v3/pipelines/deals',
    '/crm-object-schemas/v3/schemas',
    '/account-info/v3/details',
    '/account-info/v3/api-usage/daily/private-apps',
    '/oauth/v3/token',
    '/oauth/v3/token/introspect',
    '/appinstalls/2026-09/external-install',
  ]);
});

test('a dated version stands behind the area', () => {
  expect(all('2026-09')).toEqual([
    '/crm/objects/2026-09/contacts',
    '/crm/objects/2026-09/contacts/a%20b%40c.d%2Fe',
    '/crm/objects/2026-09/2-77/batch/upsert',
    '/crm/objects/2026-09/deals/search',
    '/crm/associations/2026-09/deals/contacts/batch/create',
    '/crm/associations/2026-09/deals/contacts/batch/labels/archive',
    '/crm/associations/2026-09/deals/contacts/labels',
    '/crm/properties/2026-09/contacts',
    '/crm/properties/2026-09/contacts/groups',
    '/crm/property-validations/2026-09/0-1',
    '/crm/owners/2026-09',
    '/crm/pipelines/2026-09/deals',
    '/crm-object-schemas/2026-09/schemas',
    '/account-info/2026-09/details',
    '/account-info/2026-09/api-usage/daily/private-apps',
    '/oauth/2026-09/token',
    '/oauth/2026-09/token/introspect',
    '/appinstalls/2026-09/external-install',
  ]);
});

test('every version has a path of its own for every endpoint', () => {
  // Uninstalling exists only dated.
  const seen = apiVersions.flatMap(all).filter((path) => !path.startsWith('/appinstalls/'));
  expect(new Set(seen).size).toBe(seen.length);
});

test('a query leaves out what is not set and keeps the commas of a list', () => {
  expect(encodeQuery({ a: 1, b: undefined, c: null, d: [], e: ['x', 'y,z'], f: false, g: 'ü&' })).toBe(
    '?a=1&e=x,y%2Cz&f=false&g=%C3%BC%26',
  );
  expect(encodeQuery({})).toBe('');
  expect(encodeQuery(undefined)).toBe('');
});
