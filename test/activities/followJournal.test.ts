import type { ActivityContext } from '../../src/activities/context';
import { createFollowJournal } from '../../src/activities/receive/followJournal';
import { saveReferenceData } from '../../src/db/staging/referenceData';
import { createExchange } from '../../src/hubspot/exchange';
import { askHubSpot } from '../hubspot/askHubSpot';
import { sendJson } from '../hubspot/rawServer';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const nothing = { properties: [], owners: {}, pipelines: [], labels: [] };
const bench = askHubSpot();
const { pool } = testDatabase({ per: 'test' });

beforeEach(async () => {
  await pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`);
});

const event = (objectTypeId: string, objectId: string) => ({
  ...{ portalId: 100, action: 'UPDATE', occurredAt: '2026-11-20T10:00:00Z', objectTypeId, objectId },
});

/** One file of the journal; what else is asked is forbidden: the token has no scope for it. */
function journalOf(journalEvents: object[]): void {
  bench.answer = ({ url = '' }, response) => {
    if (url.includes('/token')) return sendJson(response, 200, { access_token: 'journal-token' });
    if (url.startsWith('/file')) return sendJson(response, 200, { journalEvents });
    if (!url.includes('journal')) return sendJson(response, 403, { category: 'MISSING_SCOPES' });
    const isNext = !url.includes('file-1');
    const file = { currentOffset: 'file-1', url: `${bench.server.url}/file/1` };
    return sendJson(response, 200, { results: isNext ? [file] : [] });
  };
}

function read() {
  const options = { baseUrl: bench.server.url, deadlineMs: 10_000 };
  const app = { clientId: 'app', clientSecret: 'secret', apiVersion: '2026-09' };
  const journal = { app: { ...app, options, exchange: createExchange(options) }, waitMs: 0 };
  const quiet = () => undefined;
  const context = {
    ...{ pool, log: { info: quiet, warn: quiet }, now: () => new Date(), doorbell: { receive: quiet } },
    settings: {
      portals: [{ name: 'main', journal }],
      objects: [
        { objectType: 'contacts', hubspotType: 'contacts' },
        { objectType: 'courses', hubspotType: 'p_course' },
      ],
    },
  };
  return createFollowJournal(context as unknown as ActivityContext)({ portalId });
}

const told = async () =>
  (await pool.query('select stream, record_key as key from inbox_events order by 1, 2')).rows as unknown[];

test('is read without the right to read schemas: what a custom object is called is known, or its events are left', async () => {
  journalOf([event('0-1', '7'), event('2-77', '8')]);
  expect(await read()).toMatchObject({ files: 1, events: 1, repairs: 1 });
  expect(await told()).toEqual([{ stream: 'contacts', key: '7' }]);
  await pool.query('truncate inbox_events, journals');
  await saveReferenceData(pool, portalId, 'courses', { ...nothing, typeId: '2-77' });
  expect(await read()).toMatchObject({ files: 1, events: 2, repairs: 2 });
  expect(await told()).toEqual([
    { stream: 'contacts', key: '7' },
    { stream: 'courses', key: '8' },
  ]);
});

test('whose offsets HubSpot does not know again is left to the next minute, not asked for ever', async () => {
  const isAsked = ({ url }: { url: string }) => url.includes('journal') && !url.includes('token');
  bench.answer = ({ url }, response) => {
    if (url.includes('/token')) return sendJson(response, 200, { access_token: 'journal-token' });
    if (url.startsWith('/file')) return sendJson(response, 200, { journalEvents: [event('0-1', '7')] });
    if (url.includes('file-1')) return sendJson(response, 404, {});
    const name = url.includes('latest') ? 'file-2' : 'file-1';
    const file = { currentOffset: name, url: `${bench.server.url}/file/1` };
    return sendJson(response, 200, { results: [file] });
  };
  expect(await read()).toMatchObject({ events: 2, repairs: 1, more: false });
  expect(bench.server.seen.filter(isAsked).length).toBeLessThan(10);
  expect((await pool.query('select gap_at from journals')).rows).toEqual([
    { gap_at: expect.any(Date) as Date },
  ]);
});
