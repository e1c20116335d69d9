import type { ActivityContext } from '../../src/activities/context';
import { createExtract } from '../../src/activities/extract/extract';
import { insertRun } from '../../src/db/runs/runs';
import type { Page, SourceRecord } from '../../src/sources/contract';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const { pool } = testDatabase({ per: 'test' });

const record = (key: string, payload = { name: key }): SourceRecord => ({ key, payload, changedAt: null });
const lastPage = (page: Partial<Page>): Page => ({
  ...{ records: [], faults: [], next: null, watermark: null, calls: 1 },
  ...page,
});

/** A full read of a stream whose missing records are withdrawn, by a run of its own. */
async function readFully(runId: string, ...pages: Page[]) {
  await insertRun(pool, portalId, { runId, trigger: 'test', full: true, sources: ['crm'] });
  const quiet = async () => undefined;
  const stream = {
    ...{ name: 'people', objectType: 'contacts', recordKey: ['id'], lookbackMs: 0, pageSize: 10 },
    ...{ whenGone: 'withdraw', options: {}, map: {} },
  };
  const context = {
    ...{ pool, failpoint: quiet, afterCommit: quiet, now: () => new Date(), erasureSecret: () => null },
    settings: { sources: [{ name: 'crm', streams: [stream], maxGonePercent: 100, lane: 2 }] },
    openSource: async () => ({ readPage: async () => pages.shift()! }),
    doorbell: { consolidate: quiet },
  };
  const extractPage = createExtract(context as unknown as ActivityContext);
  const input = { portalId, runId, source: 'crm', stream: 'people', full: true };
  while (!(await extractPage(input)).done);
}

async function staged(): Promise<{ key: string; name: string; gone: boolean }[]> {
  const { rows } = await pool.query<{ key: string; name: string; gone: boolean }>(
    `select record_key as key, payload ->> 'name' as name, gone_at is not null as gone from staged_records order by 1`,
  );
  return rows;
}

test('a key with characters that Postgres cannot hold is staged without them, and seen by the next read', async () => {
  const dirty = [record('a\0b'), record('c\ud800'), record('c', { name: 'last' })];
  await readFully('first', lastPage({ records: dirty }));
  await readFully('second', lastPage({ records: dirty }));
  expect(await staged()).toEqual([
    { key: 'ab', name: 'ab', gone: false },
    { key: 'c', name: 'last', gone: false },
  ]);
});

describe('a record that a full read did not meet', () => {
  const unreadable = {
    where: 'people item 3',
    content: 'digest',
    key: null,
    reason: 'it should be an object',
  };
  const goneLimits = async () => {
    const { rows } = await pool.query<{ reason: string }>(
      `select reason from problems where kind = 'goneLimit' and closed_at is null`,
    );
    return rows.map(({ reason }) => reason);
  };
  beforeEach(() => readFully('first', lastPage({ records: [record('1'), record('2'), record('3')] })));

  test('may be what could not be read: nothing is gone, and that is told until it can be read', async () => {
    const broken = [
      lastPage({ records: [record('1')], faults: [unreadable], next: { page: 2 } }),
      lastPage({}),
    ];
    await readFully('second', ...broken);
    expect((await staged()).filter(({ gone }) => gone)).toEqual([]);
    expect(await goneLimits()).toEqual([expect.stringContaining('could not be read')]);
    await readFully('third', lastPage({ records: [record('1')] }));
    expect((await staged()).filter(({ gone }) => gone).map(({ key }) => key)).toEqual(['2', '3']);
    expect(await goneLimits()).toEqual([]);
  });

  test('is gone when a person dismissed what cannot be read', async () => {
    await readFully('second', lastPage({ records: [record('1')], faults: [unreadable] }));
    await pool.query(
      `update problems set closed_at = now(), closed_by = 'dismissed' where kind = 'unreadable'`,
    );
    await readFully('third', lastPage({ records: [record('1')], faults: [unreadable] }));
    expect((await staged()).filter(({ gone }) => gone).map(({ key }) => key)).toEqual(['2', '3']);
  });

  test('is not gone when its row is there twice', async () => {
    const twice = { where: 'rows with one key', key: '2', reason: 'more than one row has this record key' };
    await readFully('second', lastPage({ records: [record('1')], faults: [twice] }));
    expect((await staged()).filter(({ gone }) => gone).map(({ key }) => key)).toEqual(['3']);
  });
});
