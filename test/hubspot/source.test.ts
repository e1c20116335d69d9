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
