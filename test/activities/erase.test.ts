import type { ActivityContext } from '../../src/activities/context';
import { eraseMentionsOf } from '../../src/activities/receive/erase';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const reader = '00000000-0000-0000-0000-000000000001';
const other = '00000000-0000-0000-0000-000000000002';
const { pool } = testDatabase({ per: 'test' });

const rules = {
  identity: {
    rules: [{ name: 'email', fields: ['email', 'hs_additional_emails'], fold: 'email' }],
    notEvidence: ['info@*'],
    maxSharers: 3,
  },
};

/** Erases the mentions of somebody whose only record is known by an address; what an order says about that then. */
async function remarkAfter(address: string, keys: string[], keysOfOther: string[]): Promise<string> {
  await pool.query(
    `insert into known_states (portal_id, object_type, record_id, golden_id, kept)
     values (100, 'contacts', '7', $1, '{}')`,
    [reader],
  );
  await pool.query(
    `insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, golden_id,
       config_number)
     values (100, 'club', 'letters', $1, 'contacts', '{}', $2, $3, 1),
       (100, 'club', 'members', '2', 'contacts', '{}', $4, $5, 1)`,
    [address, keys, reader, keysOfOther, other],
  );
  await pool.query(
    `insert into identity_keys (portal_id, object_type, key, source, stream, record_key)
     select 100, 'contacts', unnest($1::text[]), 'club', 'members', '2'`,
    [keysOfOther],
  );
  await pool.query(
    `insert into staged_records (portal_id, source, stream, record_key, object_type, payload, payload_hash)
     values (100, 'club', 'members', '2', 'contacts', $1, 'hash')`,
    [JSON.stringify({ email: address })],
  );
  const context = { pool, objectContext: async () => ({ rules }), erasureSecret: () => null };
  await eraseMentionsOf(context as unknown as ActivityContext, portalId, 'contacts', ['7']);
  const { rows } = await pool.query<{ email: string }>(
    `select payload ->> 'email' as email from staged_records`,
  );
  return rows[0]!.email;
}

test.each(['joann@x.example', 'jo.ann@x.example', 'ann@x.example.uk', 'ann@x.example-club.test'])(
  '%s, of which the address is a part, is that of somebody else and stays',
  async (whole) => {
    await pool.query(
      `insert into known_states (portal_id, object_type, record_id, kept) values (100, 'contacts', '8', $1)`,
      [JSON.stringify({ email: whole })],
    );
    await pool.query(
      `insert into cursors (portal_id, source, stream, position) values (100, 'club', 'letters', $1)`,
      [JSON.stringify({ key: whole })],
    );
    expect(await remarkAfter('ann@x.example', ['email:ann@x.example'], [])).toBe('[erased]');
    const { rows } = await pool.query(
      `select kept ->> 'email' as email, position ->> 'key' as key from known_states, cursors where record_id = '8'`,
    );
    expect(rows).toEqual([{ email: whole, key: whole }]);
  },
);

test.each([
  ["o'neil@x.example", 'neil@x.example', 'neil@x.example'],
  ['neil@x.example|2', 'neil@x.example', '[erased]'],
])('a record known by %s leaves %s as %s', async (key, email, then) => {
  await pool.query(
    `insert into known_states (portal_id, object_type, record_id, kept) values (100, 'contacts', '8', $1)`,
    [JSON.stringify({ email })],
  );
  await remarkAfter(key, [], []);
  const { rows } = await pool.query(
    `select kept ->> 'email' as email from known_states where record_id = '8'`,
  );
  expect(rows).toEqual([{ email: then }]);
});

test('keys of other object types and references that mention the person go with her', async () => {
  await pool.query(
    `insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, config_number)
     values (100, 'club', 'orders', 'o1', 'deals', '{}', '{number:1,buyer:Ann@x.example}', 1);
     insert into identity_keys (portal_id, object_type, key, source, stream, record_key)
     values (100, 'deals', 'buyer:ann@x.example', 'club', 'orders', 'o1'), (100, 'deals', 'number:1', 'club', 'orders', 'o1');
     insert into record_references
       (portal_id, source, stream, record_key, object_type, to_object, to_source, to_stream, to_key, labels)
     values (100, 'club', 'orders', 'o1', 'deals', 'contacts', 'club', 'people', 'ann@x.example', '{}'),
       (100, 'club', 'orders', 'o1', 'deals', 'contacts', 'club', 'people', 'joann@x.example', '{}')`,
  );
  await remarkAfter('ann@x.example', ['email:ann@x.example'], []);
  const { rows } = await pool.query<{ keys: string }>(
    `select key as keys from identity_keys union all select keys::text from mapped_records where stream = 'orders'
     union all select to_key from record_references`,
  );
  expect(rows.map(({ keys }) => keys).sort()).toEqual(['joann@x.example', 'number:1', '{number:1}']);
});

test.each<[string, string, string[], string[], string]>([
  ['of the person alone goes wherever it stands', 'ann@x.example', ['email:ann@x.example'], [], '[erased]'],
  ['that is no evidence of anybody stays with others', 'info@x.example', [], [], 'info@x.example'],
  [
    'that others are known by too stays with them',
    'both@x.example',
    ['email:both@x.example'],
    ['email:both@x.example'],
    'both@x.example',
  ],
])('an address %s', async (_what, address, keys, keysOfOther, then) => {
  expect(await remarkAfter(address, keys, keysOfOther)).toBe(then);
});
