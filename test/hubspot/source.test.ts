import { readHubSpotPage } from '../../src/hubspot/source';
import { askHubSpot, recordReply } from './askHubSpot';
import { sendJson } from './rawServer';

const bench = askHubSpot();

test('a record that moves from one page of the list to the next while it is read is one, as it was read last', async () => {
  bench.answer = ({ url }, response) => {
    const isFirst = !url.includes('after=');
    const results = isFirst
      ? [recordReply('1'), recordReply('2', { city: 'York' })]
      : [recordReply('2', { city: 'Bath' }), recordReply('3')];
    sendJson(response, 200, { results, ...(isFirst && { paging: { next: { after: '2' } } }) });
  };
  const page = await readHubSpotPage(bench.client, {
    ...{ objectType: 'contacts', properties: ['city'], associatedWith: [], after: null, pageSize: 1_000 },
  });
  expect(page.records.map(({ id, properties }) => [id, properties['city']])).toEqual([
    ['1', undefined],
    ['2', 'Bath'],
    ['3', undefined],
  ]);
});

test('a record whose associations HubSpot does not tell is named, and is none without associations', async () => {
  bench.answer = ({ url }, response) => {
    if (!url.includes('associations')) {
      return sendJson(response, 200, { results: ['1', '2', '3'].map((id) => recordReply(id)) });
    }
    const types = [{ category: 'HUBSPOT_DEFINED', typeId: 279, label: null }];
    const refusal = { status: 'error', message: 'not now' };
    sendJson(response, 207, {
      results: [{ from: { id: '1' }, to: [{ toObjectId: 7, associationTypes: types }] }],
      errors: [
        { ...refusal, category: 'INTERNAL_ERROR', context: { id: ['2'] } },
        {
          ...refusal,
          category: 'OBJECT_NOT_FOUND',
          subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
          context: { fromObjectId: ['3'] },
        },
      ],
    });
  };
  const page = await readHubSpotPage(bench.client, {
    ...{ objectType: 'contacts', properties: [], after: null, pageSize: 1_000 },
    associatedWith: [{ objectType: 'firms', hubspotType: 'companies' }],
  });
  expect(page.unread).toEqual([{ fromId: '2', toObject: 'firms' }]);
  expect(page.associations.map(({ fromId, to }) => [fromId, to.length])).toEqual([
    ['1', 1],
    ['3', 0],
  ]);
});
