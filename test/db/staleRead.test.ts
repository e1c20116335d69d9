import { replaceKnownAssociations } from '../../src/db/delivery/knownAssociations';
import { saveReadArchived, saveReadStates } from '../../src/db/delivery/knownStates';
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
  const lost = await replaceKnownAssociations(
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
