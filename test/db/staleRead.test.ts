import { replaceKnownAssociations } from '../../src/db/delivery/knownAssociations';
import { saveReadArchived, saveReadStates } from '../../src/db/delivery/knownStates';
import { inTransaction } from '../../src/db/pool';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const readBegan = new Date('2026-11-22T10:00:00Z');
const before = '2026-11-22T09:59:59Z';
const after = '2026-11-22T10:00:01Z';
const { pool } = testDatabase({ per: 'test' });

beforeEach(() =>
  pool.query(
    `insert into known_states (portal_id, object_type, record_id, kept, read_at, settled_at)
     values (100, 'contacts', 'written before', '{"city": "old"}', $1, $1), (100, 'contacts', 'written since', '{"city": "ours"}', $1, $2),
       (100, 'contacts', 'never written', '{"city": "old"}', $1, null)`,
    [before, after],
  ),
);

const ids = ['written before', 'written since', 'never written'];

test('a read that began before a write settled does not overwrite it, and says so', async () => {
  const states = ids.map((recordId) => ({ recordId, kept: { city: 'read' }, updatedAt: null }));
  const saved = await saveReadStates(pool, portalId, 'contacts', states, readBegan);
  expect([...saved].sort()).toEqual(['never written', 'written before']);
  const { rows } = await pool.query(
    `select record_id, kept ->> 'city' as city from known_states order by record_id`,
  );
  expect(rows.map((row: { city: string }) => row.city)).toEqual(['read', 'read', 'ours']);
});

test('what was written after the read began is not archived by it', async () => {
  const held = await saveReadArchived(pool, portalId, 'contacts', [...ids, 'unknown'], readBegan);
  expect([...held]).toEqual(['written since']);
  const { rows } = await pool.query('select record_id from known_states where archived order by record_id');
  expect(rows).toEqual([{ record_id: 'never written' }, { record_id: 'written before' }]);
});

test('associations that were written after the read began stay as they were written', async () => {
  await pool.query(
    `insert into known_associations (portal_id, from_object, from_id, to_object, to_id, types, ours, settled_at)
     values (100, 'contacts', '1', 'companies', '7', '{A:1,A:2}', '{A:2}', $1),
       (100, 'contacts', '1', 'companies', '8', '{A:1}', '{A:1}', $1),
       (100, 'contacts', '1', 'companies', '9', '{A:1}', '{A:1}', $2)`,
    [before, after],
  );
  const read = [{ fromId: '1', toId: '7', types: ['A:1'] }];
  const { lost } = await replaceKnownAssociations(
    pool,
    portalId,
    'contacts',
    'companies',
    ['1'],
    read,
    readBegan,
  );
  expect(lost.map(({ toId }) => toId).sort()).toEqual(['7', '8']);
  const { rows } = await pool.query('select to_id, types, ours from known_associations order by to_id');
  expect(rows).toEqual([
    { to_id: '7', types: ['A:1'], ours: [] },
    { to_id: '9', types: ['A:1'], ours: ['A:1'] },
  ]);
});

test('a read that began before another one was stored changes nothing: a list is read beside what people change', async () => {
  const save = (city: string, began: string) =>
    saveReadStates(
      pool,
      portalId,
      'contacts',
      [{ recordId: '7', kept: { city }, updatedAt: null }],
      new Date(began),
    );
  await save('Oslo', after);
  expect([...(await save('Rome', before))]).toEqual([]);
  expect([...(await saveReadArchived(pool, portalId, 'contacts', ['7'], readBegan))]).toEqual(['7']);
  const { rows } = await pool.query(
    `select kept ->> 'city' as city, archived from known_states where record_id = '7'`,
  );
  expect(rows).toEqual([{ city: 'Oslo', archived: false }]);
  expect([...(await save('York', after))]).toEqual(['7']);
});

describe('two reads of the associations of one record', () => {
  const read = (types: Record<string, string[]>, began: string) =>
    replaceKnownAssociations(
      pool,
      portalId,
      'contacts',
      'companies',
      ['1'],
      Object.entries(types).map(([toId, ofPair]) => ({ fromId: '1', toId, types: ofPair })),
      new Date(began),
    );
  const known = async () =>
    (await pool.query('select to_id, types from known_associations order by to_id')).rows as unknown;

  test('the one that began later counts, though the other one is stored after it', async () => {
    await read({ 7: ['A:1'] }, after);
    expect((await read({ 7: ['A:2'], 8: ['A:1'] }, before)).lost).toEqual([]);
    expect(await known()).toEqual([{ to_id: '7', types: ['A:1'] }]);
  });

  test('what the later one did not find does not come back with the other', async () => {
    await read({ 7: ['A:1'] }, before);
    await read({}, after);
    await read({ 7: ['A:1'], 8: ['A:1'] }, before);
    expect(await known()).toEqual([]);
    await read({ 8: ['A:1'] }, '2026-11-22T10:00:02Z');
    expect(await known()).toEqual([{ to_id: '8', types: ['A:1'] }]);
  });

  test('each pair of object types and each record has an order of its own', async () => {
    await read({ 7: ['A:1'] }, after);
    const other = [{ fromId: '2', toId: '7', types: ['A:1'] }];
    const scope = [pool, portalId, 'contacts', 'companies'] as const;
    await replaceKnownAssociations(...scope, ['1', '2'], other, new Date(before));
    const deals = [{ fromId: '1', toId: '5', types: ['A:3'] }];
    await replaceKnownAssociations(pool, portalId, 'contacts', 'deals', ['1'], deals, new Date(before));
    const { rows } = await pool.query(
      `select from_id || ' ' || to_object || ' ' || to_id as pair from known_associations order by 1`,
    );
    expect(rows.map(({ pair }: { pair: string }) => pair)).toEqual([
      '1 companies 7',
      '1 deals 5',
      '2 companies 7',
    ]);
  });

  test('the later one waits for the other that is being stored, and then counts', async () => {
    await read({ 7: ['A:1'] }, '2026-11-22T09:00:00Z');
    const scope = [portalId, 'contacts', 'companies'] as const;
    let late!: Promise<unknown>;
    await inTransaction(pool, async (tx) => {
      const other = [{ fromId: '1', toId: '8', types: ['A:1'] }];
      await replaceKnownAssociations(tx, ...scope, ['1'], other, new Date(before));
      late = read({ 9: ['A:1'] }, after);
    });
    await late;
    expect(await known()).toEqual([{ to_id: '9', types: ['A:1'] }]);
  });
});

test('a record whose association was written otherwise since the read began has to be read again', async () => {
  await pool.query(
    `insert into known_associations (portal_id, from_object, from_id, to_object, to_id, types, settled_at)
     select 100, 'contacts', from_id, 'companies', '7', types::text[], $1
     from (values ('same', '{A:1,A:2}'), ('gone', '{A:1}'), ('other', '{A:1}'), ('ended', '{}')) as pair (from_id, types)`,
    [after],
  );
  const read = [
    { fromId: 'same', toId: '7', types: ['A:2', 'A:1'] },
    { fromId: 'other', toId: '7', types: ['A:1', 'A:2'] },
  ];
  const ofRecords = ['same', 'gone', 'other', 'ended'];
  const scope = [pool, portalId, 'contacts', 'companies', ofRecords, read] as const;
  const { stale } = await replaceKnownAssociations(...scope, readBegan);
  expect(stale.sort()).toEqual(['gone', 'other']);
  expect((await replaceKnownAssociations(...scope, new Date('2026-11-22T10:00:02Z'))).stale).toEqual([]);
});
