import { markGone, stageRecords, type StagedInput } from '../../src/db/staging/stagedRecords';
import { testDatabase } from '../support/testDatabase';

const ref = { portalId: '100', source: 'crm', stream: 'people' };
const second = (n: number) => `2026-11-22T10:00:0${n}.000Z`;
const { pool } = testDatabase({ per: 'test' });

const record = (name: string, more: Partial<StagedInput> = {}): StagedInput => ({
  ...{ key: '7', payload: { name }, payloadHash: name, changedAt: null },
  ...more,
});

const push = (name: string, toldAt: string, changedAt = toldAt) =>
  stageRecords(pool, ref, 'contacts', [record(name, { toldAt, changedAt })], {
    ...{ runId: null, lane: 0, mayBeLate: true },
  });

const readPage = (name: string, readBegan: string, changedAt: string | null = null) =>
  stageRecords(pool, ref, 'contacts', [record(name, { changedAt })], {
    ...{ runId: null, lane: 2, readBegan: new Date(readBegan) },
  });

async function staged(): Promise<string> {
  const { rows } = await pool.query<{ name: string }>(
    `select payload ->> 'name' as name from staged_records`,
  );
  return rows[0]!.name;
}

test('what was pushed while its page was read is newer than the page', async () => {
  expect(await push('new', second(2))).toBe(1);
  expect(await readPage('old', second(1))).toBe(0);
  expect(await staged()).toBe('new');
  expect(await readPage('newest', second(3))).toBe(1);
});

test('what was pushed before its page was read, and is looked at after it, is older than the page', async () => {
  await readPage('new', second(2));
  expect(await push('old', second(1))).toBe(0);
  expect(await staged()).toBe('new');
});

test('where the source itself says which is newer, that counts', async () => {
  await push('old', second(3), second(1));
  expect(await readPage('new', second(2), second(2))).toBe(1);
  expect(await push('newest', second(1), second(4))).toBe(1);
  expect(await push('late', second(5), second(3))).toBe(0);
  expect(await staged()).toBe('newest');
});

test('what was pushed while a full read went on is not gone because the read had passed its place', async () => {
  await pool.query(
    `insert into runs (portal_id, run_id, trigger, full_read, sources, started_at) values (100, 'r', 'test', true, '{crm}', $1)`,
    [second(2)],
  );
  await readPage('old', second(1));
  await stageRecords(
    pool,
    ref,
    'contacts',
    [record('new', { key: '8', toldAt: second(3), changedAt: second(3) })],
    {
      ...{ runId: null, lane: 0, mayBeLate: true },
    },
  );
  expect(await markGone(pool, ref, '1', 'withdraw', 100, 'r')).toEqual({ gone: 1, refused: false });
  const { rows } = await pool.query('select record_key from staged_records where gone_at is not null');
  expect(rows).toEqual([{ record_key: '7' }]);
});
