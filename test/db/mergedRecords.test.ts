import { saveReadStates } from '../../src/db/delivery/knownStates';
import { followMerges } from '../../src/db/golden/mergedRecords';
import { inTransaction } from '../../src/db/pool';
import type { RecordMerge } from '../../src/db/golden/recordAnchors';
import { testDatabase } from '../support/testDatabase';

const portal = '100';
const goldenOf = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
const { pool } = testDatabase({ per: 'test' });

/** A HubSpot contact as it is known here; with a golden record it has a source record and an anchor too. */
async function known(recordId: string, golden: number | null, kept: object = {}, sent: object = {}) {
  const goldenId = golden === null ? null : goldenOf(golden);
  await pool.query(
    `insert into known_states (portal_id, object_type, record_id, golden_id, kept, sent, read_at)
     values (100, 'contacts', $1, $2, $3, $4, now() - interval '1 minute')`,
    [recordId, goldenId, kept, sent],
  );
  if (goldenId === null) return;
  await pool.query(
    `insert into golden_records (portal_id, object_type, golden_id, values, origins, lead_source)
     values (100, 'contacts', $1, '{}', '{}', 'azure')`,
    [goldenId],
  );
  for (const [source, key] of [
    ['azure', `a${golden}`],
    ['hubspot', recordId],
  ] as const) {
    await pool.query(
      `insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, golden_id, config_number)
       values (100, $1, 'contacts', $2, 'contacts', '{}', '{email:x}', $3, 1)`,
      [source, key, goldenId],
    );
    await pool.query(
      `insert into identity_keys (portal_id, object_type, key, source, stream, record_key)
       values (100, 'contacts', 'email:x', $1, 'contacts', $2)`,
      [source, key],
    );
    await pool.query(
      `insert into staged_records (portal_id, source, stream, record_key, object_type, payload, payload_hash)
       values (100, $1, 'contacts', $2, 'contacts', '{}', 'h')`,
      [source, key],
    );
  }
}

const follow = (...merges: RecordMerge[]) =>
  inTransaction(pool, (tx) => followMerges(tx, portal, 'contacts', merges));

async function links(): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ id: string; line: string }>(
    `select record_id as id, concat_ws(' ', right(golden_id::text, 1), case when archived then 'archived' end,
       'into ' || merged_into) as line from known_states order by 1`,
  );
  return Object.fromEntries(rows.map(({ id, line }) => [id, line]));
}

async function lines(query: string): Promise<string[]> {
  const { rows } = await pool.query<{ line: string }>(query);
  return rows.map(({ line }) => line).sort();
}
const anchors = () => lines(`select record_key as line from mapped_records where source = 'hubspot'`);
const marks = () => lines(`select right(golden_id::text, 1) as line from outbox where not parked`);
const due = () => lines(`select record_key as line from staged_records where due_at is not null`);

test('a golden record follows its record to the winner, with what is ours of it', async () => {
  await known(
    '11',
    1,
    { city: 'York', firstname: 'Ann', phone: null },
    { city: 'York', firstname: 'Ann', phone: '1' },
  );
  await known('12', null, { city: 'York', firstname: 'Anna', phone: null });
  expect(await follow({ fromId: '11', toId: '12' })).toEqual({ moved: [goldenOf(1)], contested: [] });
  expect(await links()).toEqual({ 11: 'archived into 12', 12: '1' });
  const { rows } = await pool.query(`select sent from known_states where record_id = '12'`);
  expect(rows).toEqual([{ sent: { city: 'York', phone: '1' } }]);
  expect(await anchors()).toEqual(['12']);
  expect(await marks()).toEqual(['1']);
  expect(await due()).toEqual(['a1']);
});

test('what belongs to another golden record already stays for a person to decide', async () => {
  await known('11', 1);
  await known('12', 2);
  await known('13', null);
  await follow({ fromId: '13', toId: '12' });
  expect(await links()).toMatchObject({ 12: '2', 13: 'archived into 12' });
  await pool.query('update staged_records set due_at = null');
  expect(await follow({ fromId: '11', toId: '12' })).toEqual({ moved: [], contested: [goldenOf(1)] });
  expect(await links()).toMatchObject({ 11: '1 archived into 12', 12: '2' });
  expect(await anchors()).toEqual(['11', '12']);
  expect(await marks()).toEqual(['1']);
  expect(await due()).toEqual(['11', '12', 'a1']);
  expect(await follow({ fromId: '11', toId: '12' })).toEqual({ moved: [], contested: [] });
});

test('a winner with a new id goes to the golden record with the oldest record, chains end at their end', async () => {
  await known('9', 1);
  await known('10', 2);
  const merges = [
    { fromId: '9', toId: '20' },
    { fromId: '20', toId: '30' },
    { fromId: '10', toId: '30' },
    { fromId: '40', toId: '41' },
    { fromId: '41', toId: '40' },
  ];
  expect(await follow(...merges)).toEqual({ moved: [goldenOf(1)], contested: [goldenOf(2)] });
  expect(await links()).toEqual({
    9: 'archived into 30',
    10: '2 archived into 30',
    30: '1',
  });
  expect(await anchors()).toEqual(['10', '30']);
  // The winner is merged away in its turn.
  expect(await follow({ fromId: '30', toId: '50' })).toEqual({ moved: [goldenOf(1)], contested: [] });
  expect(await links()).toMatchObject({ 10: '2 archived into 50', 50: '1' });
});

test('repeated it changes nothing, and what is unknown here is no matter', async () => {
  await known('11', 1);
  await known('12', null);
  await follow({ fromId: '11', toId: '12' });
  await pool.query('delete from outbox');
  expect(await follow({ fromId: '11', toId: '12' }, { fromId: '70', toId: '71' })).toEqual({
    moved: [],
    contested: [],
  });
  expect(await marks()).toEqual([]);
  expect(await links()).toMatchObject({ 11: 'archived into 12', 12: '1' });
});

test('associations go along, and what we wrote of them stays ours', async () => {
  await known('11', 1);
  await known('12', null);
  await pool.query(
    `insert into known_associations (portal_id, from_object, from_id, to_object, to_id, types, ours) values
       (100, 'contacts', '11', 'companies', '7', '{H:1,H:279}', '{H:1}'),
       (100, 'contacts', '12', 'companies', '7', '{H:279,U:5}', '{}'),
       (100, 'deals', '3', 'contacts', '11', '{H:3}', '{H:3}')`,
  );
  await pool.query(
    `insert into golden_associations (portal_id, from_object, from_golden, to_object, to_golden, labels, wanted, due,
       lead_source)
     values (100, 'contacts', $1, 'companies', $2, '{}', true, false, 'azure'),
       (100, 'contacts', $2, 'companies', $1, '{}', true, false, 'azure')`,
    [goldenOf(1), goldenOf(9)],
  );
  await follow({ fromId: '11', toId: '12' });
  const { rows } = await pool.query(
    `select from_id, to_id, array(select unnest(types) order by 1) as types, ours from known_associations order by 1`,
  );
  expect(rows).toEqual([
    { from_id: '12', to_id: '7', types: ['H:1', 'H:279', 'U:5'], ours: ['H:1'] },
    { from_id: '3', to_id: '12', types: ['H:3'], ours: ['H:3'] },
  ]);
  expect(
    await lines(`select right(from_golden::text, 1) as line from golden_associations where due`),
  ).toEqual(['1']);
});

test('a read that began before the merge does not bring the loser back', async () => {
  await known('11', 1);
  const began = new Date();
  await follow({ fromId: '11', toId: '12' });
  const read = { recordId: '11', kept: { city: 'York' }, updatedAt: null };
  expect([...(await saveReadStates(pool, portal, 'contacts', [read], began))]).toEqual([]);
  expect(await links()).toMatchObject({ 11: 'archived into 12' });
  const winner = { ...read, recordId: '12' };
  expect([...(await saveReadStates(pool, portal, 'contacts', [winner], began))]).toEqual(['12']);
});

test('a merge that is told late ends where its winner has gone since', async () => {
  await known('11', 1);
  await known('12', null);
  await known('13', null);
  await follow({ fromId: '12', toId: '13' });
  expect(await follow({ fromId: '11', toId: '12' })).toEqual({ moved: [goldenOf(1)], contested: [] });
  expect(await links()).toEqual({ 11: 'archived into 13', 12: 'archived into 13', 13: '1' });
  expect(await anchors()).toEqual(['13']);
});
