import { hashMarks, MissingErasureSecret, recogniseErased } from '../../src/db/erasure/erasedKeys';
import { eraseMentions } from '../../src/db/erasure/eraseMentions';
import { deletePerson, findPerson, forgetSamples } from '../../src/db/erasure/erasePerson';
import { liftErasure, recordErasure } from '../../src/db/erasure/erasures';
import { inTransaction } from '../../src/db/pool';
import { selectDue, stillDue } from '../../src/db/staging/dueRecords';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const secret = 'a secret of more than thirty-two characters';
const { pool } = testDatabase({ per: 'test' });

async function erase(given: string | null, marks: string[]): Promise<void> {
  const { keyId, hashes } = await hashMarks(pool, portalId, given, marks);
  await recordErasure(pool, portalId, { objectType: 'contacts', records: 1, keyId, hashes });
}

test.each([{ given: secret }, { given: null }])(
  'who was erased is recognised by the secret $given, in this portal only, until it is lifted',
  async ({ given }) => {
    expect((await recogniseErased(pool, portalId, given, ['ann'])).size).toBe(0);
    await erase(given, ['record 1', 'ann']);
    const found = await recogniseErased(pool, portalId, given, ['ann', 'bob']);
    expect([...found.keys()]).toEqual(['ann']);
    expect((await recogniseErased(pool, '200', given, ['ann'])).size).toBe(0);
    const { rows } = await pool.query<{ text: string }>(
      'select string_agg(key_hash, $1) as text from erased_keys',
      [' '],
    );
    expect(rows[0]!.text).not.toContain('ann');
    const decision = { who: 'Eve', note: 'asked for' };
    expect(await liftErasure(pool, portalId, found.get('ann')!.erasureId, decision)).toBe(true);
    expect(await liftErasure(pool, portalId, found.get('ann')!.erasureId, decision)).toBe(false);
    expect((await recogniseErased(pool, portalId, given, ['ann'])).size).toBe(0);
  },
);

test('the same person told again is one erasure', async () => {
  await erase(secret, ['record 1', 'ann']);
  await erase(secret, ['record 1', 'ann at work']);
  await erase(secret, ['record 2', 'bob']);
  const { rows } = await pool.query<{ erasures: number }>('select count(*)::int as erasures from erasures');
  expect(rows[0]!.erasures).toBe(2);
  expect((await recogniseErased(pool, portalId, secret, ['ann', 'ann at work', 'bob'])).size).toBe(3);
});

test('a secret that is missing or another one is an error, never a person who comes back', async () => {
  await erase(secret, ['record 1', 'ann']);
  for (const other of [null, `${secret} changed`])
    await expect(recogniseErased(pool, portalId, other, ['ann'])).rejects.toThrow(MissingErasureSecret);
  // A secret that was configured later does not forget what was hashed with the portal's own.
  await pool.query('truncate erasures cascade');
  await erase(null, ['record 3', 'cid']);
  expect((await recogniseErased(pool, portalId, secret, ['cid'])).size).toBe(1);
});

test('a key that somebody else holds too is no evidence; a record that was cut off is not of the person', async () => {
  const ann = '00000000-0000-4000-8000-000000000001';
  const bob = '00000000-0000-4000-8000-000000000002';
  const rows = [
    ['hubspot', 'contacts', '7', ann, ['email:family@people.example']],
    ['club', 'members', 'a', ann, ['email:family@people.example', 'email:ann@people.example']],
    ['club', 'members', 'b', bob, ['email:family@people.example']],
  ] as const;
  for (const [source, stream, key, golden, keys] of rows) {
    await pool.query(
      `insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, golden_id, config_number)
       values (100, $1, $2, $3, 'contacts', '{}', $5, $4, 1)`,
      [source, stream, key, golden, keys],
    );
    await pool.query(
      `insert into identity_keys (portal_id, object_type, key, source, stream, record_key)
       select 100, 'contacts', unnest($4::text[]), $1, $2, $3`,
      [source, stream, key, keys],
    );
  }
  await pool.query(
    `insert into link_history (portal_id, object_type, source, stream, record_key, golden_id, unlinked_at)
     values (100, 'contacts', 'club', 'members', 'b', $1, '2026-01-01'), (100, 'contacts', 'club', 'members', 'gone', $1, '2026-01-01')`,
    [ann],
  );
  const person = await findPerson(pool, portalId, 'contacts', '7');
  expect(person.goldenIds).toEqual([ann]);
  expect(person.sharedKeys).toEqual(['email:family@people.example']);
  expect(person.refs.map(({ key }) => key).sort()).toEqual(['7', 'a', 'gone']);
});

test.each([
  ['the last', '3'],
  ['one between', '2'],
  ['the first', '1'],
])('records that were merged one after the other are all of the person, told of %s', async (_which, told) => {
  const ann = '00000000-0000-4000-8000-000000000001';
  await pool.query(
    `insert into known_states (portal_id, object_type, record_id, merged_into, golden_id, kept, archived)
     values (100, 'contacts', '1', '2', null, '{}', true), (100, 'contacts', '2', '3', null, '{}', true),
       (100, 'contacts', '3', null, $1, '{}', false), (100, 'contacts', '4', '5', null, '{}', true),
       (100, 'contacts', '5', null, null, '{}', false)`,
    [ann],
  );
  const person = await findPerson(pool, portalId, 'contacts', told);
  expect(person.goldenIds).toEqual([ann]);
  expect(person.recordIds.sort()).toEqual(['1', '2', '3']);
});

test('the samples that Postgres keeps of columns that can hold an address are taken anew', async () => {
  const mail = 'ann@people.example';
  const ann = '00000000-0000-4000-8000-000000000001';
  const bob = '00000000-0000-4000-8000-000000000002';
  // Each twice: only what is frequent is among the samples.
  for (let times = 0; times < 2; times += 1) {
    await pool.query(
      `insert into deliveries
         (portal_id, target, object_type, golden_id, record_id, operation, before, after, acknowledged)
       values (100, 'letters', 'contacts', $1, $3, 'update', '{}', '{}', '{}'),
         (100, 'letters', 'contacts', $2, 'bob', 'update', '{}', '{}', '{}')`,
      [ann, bob, mail],
    );
    const { rows } = await pool.query<{ batch_id: string }>(
      `insert into delivery_batches (portal_id, target, kind, object_type, operation, lane)
       values (100, 'letters', 'records', 'contacts', 'update', 0) returning batch_id`,
    );
    await pool.query(
      `insert into intents
         (batch_id, golden_id, portal_id, object_type, record_id, properties, before, golden_version, lead_source)
       values ($1, $2, 100, 'contacts', $4, '{}', '{}', 1, 'letters'),
         ($1, $3, 100, 'contacts', 'bob', '{}', '{}', 1, 'letters')`,
      [rows[0]!.batch_id, ann, bob, mail],
    );
  }
  await pool.query(
    `insert into cursors (portal_id, source, stream, position)
     select 100, 'club', 'letters' || i, $1 from generate_series(1, 3) as i`,
    [JSON.stringify({ key: mail })],
  );
  await pool.query('analyze deliveries, intents, cursors');
  const sampled = async () => {
    const { rows } = await pool.query<{ tablename: string }>(
      `select distinct tablename from pg_stats where schemaname = 'public'
         and concat(most_common_vals, histogram_bounds, most_common_elems) like '%' || $1 || '%' order by 1`,
      [mail],
    );
    return rows.map(({ tablename }) => tablename);
  };
  expect(await sampled()).toEqual(['cursors', 'deliveries', 'intents', 'intents_record']);
  await eraseMentions(pool, portalId, 'contacts', [mail]);
  await inTransaction(pool, async (tx) => {
    const person = { objectType: 'contacts', recordIds: ['7'], goldenIds: [ann], refs: [] };
    await deletePerson(tx, portalId, person);
    await forgetSamples(tx);
  });
  expect(await sampled()).toEqual([]);
});

test('when the associations of an erased person were read is not kept either', async () => {
  await pool.query(
    `insert into association_reads (portal_id, from_object, from_id, to_object, read_at)
     values (100, 'contacts', '7', 'companies', now()), (100, 'contacts', '8', 'companies', now()),
       (100, 'companies', '7', 'deals', now())`,
  );
  const person = { objectType: 'contacts', refs: [], recordIds: ['7'], goldenIds: [] };
  await inTransaction(pool, (tx) => deletePerson(tx, portalId, person));
  const { rows } = await pool.query('select from_object, from_id from association_reads order by 1');
  expect(rows).toEqual([
    { from_object: 'companies', from_id: '7' },
    { from_object: 'contacts', from_id: '8' },
  ]);
});

test('what has a mention in hand while it is erased is told so: a due record by its mark, a batch by its fence', async () => {
  const mail = 'ann@people.example';
  await pool.query(
    `insert into staged_records (portal_id, source, stream, record_key, object_type, payload, payload_hash, due_at)
     values (100, 'shop', 'orders', 'o1', 'deals', $1, '', now()), (100, 'shop', 'orders', 'o2', 'deals', '{}', '', now())`,
    [JSON.stringify({ remark: mail })],
  );
  for (const properties of [{ remark: `Ask ${mail}` }, { remark: 'Ask nobody' }]) {
    await pool.query(
      `with batch as (insert into delivery_batches (portal_id, kind, object_type, operation, lane, fence)
         values (100, 'records', 'deals', 'update', 0, 0) returning batch_id)
       insert into intents
         (batch_id, golden_id, portal_id, object_type, record_id, properties, before, golden_version, lead_source)
       select batch_id, gen_random_uuid(), 100, 'deals', '7', $1, '{}', 1, 'shop' from batch`,
      [JSON.stringify(properties)],
    );
  }
  const inHand = await selectDue(pool, portalId, 'deals', 10);
  await eraseMentions(pool, portalId, 'contacts', [mail]);
  expect((await stillDue(pool, portalId, inHand)).map(({ key }) => key)).toEqual(['o2']);
  const due = await selectDue(pool, portalId, 'deals', 10);
  expect(due.map(({ key, payload }) => [key, payload]).sort()).toEqual([
    ['o1', { remark: '[erased]' }],
    ['o2', {}],
  ]);
  const { rows } = await pool.query(
    `select properties ->> 'remark' as remark, fence > 0 as is_fenced from intents join delivery_batches using (batch_id)
     order by 1`,
  );
  expect(rows).toEqual([
    { remark: 'Ask [erased]', is_fenced: true },
    { remark: 'Ask nobody', is_fenced: false },
  ]);
});
