import type { Pool } from 'pg';
import type { ActivityContext } from '../../src/activities/context';
import { eraseMentionsOf } from '../../src/activities/receive/erase';
import { openPool } from '../../src/db/pool';
import { freshDatabase, type FreshDatabase } from '../support/postgres';

const portalId = '100';
const reader = '00000000-0000-0000-0000-000000000001';
const other = '00000000-0000-0000-0000-000000000002';
let database: FreshDatabase;
let pool: Pool;

beforeEach(async () => {
  database = await freshDatabase();
  pool = openPool(database.url, 2);
});

afterEach(async () => {
  await pool.end();
  await database.drop();
});

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
  const context = { pool, objectContext: async () => ({ rules }) } as unknown as ActivityContext;
  await eraseMentionsOf(context, portalId, 'contacts', ['7']);
  const { rows } = await pool.query<{ email: string }>(
    `select payload ->> 'email' as email from staged_records`,
  );
  return rows[0]!.email;
}

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
