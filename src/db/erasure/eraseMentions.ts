import { anyOf, erasedText, mentionPattern } from '../../domain/merge/erasedKeys';
import type { Pool } from 'pg';
import { inTransaction, lockInTransaction, type Queryable } from '../pool';

type Texts = [table: string, columns: string[]][];

/** Documents and texts in which a person can be named beside her own records: in those of others. */
const staged: Texts = [
  ['staged_records', ['payload']],
  ['inbox_events', ['payload']],
];
const consolidated: Texts = [
  ['mapped_records', ['fields']],
  ['golden_records', ['values', 'origins']],
  ['reviews', ['reason', 'records', 'parts']],
  ['pins', ['value', 'note']],
];
const delivered: Texts = [
  ['intents', ['properties', 'before']],
  ['known_states', ['kept', 'sent', 'edits']],
  ['deliveries', ['before', 'after', 'acknowledged']],
  ['problems', ['reason', 'sent', 'note']],
];
const texts = new Set(['reason', 'note', 'value']);

/**
 * Takes e-mail addresses out of whatever else mentions them: an order's remark, another record's problem. It looks
 * through all that is stored, which takes its time, and is repeatable; so it runs by itself, before the person is deleted
 * and after nobody stages the addresses any more. It goes down the river: what a stage has in hand while the one before it
 * is cleaned is waited for, or is worth nothing any more.
 * @param objectType the person's: keys of this type are deleted with the person, or are somebody else's too
 * @param mails folded; nobody else is known by them
 */
export async function eraseMentions(
  pool: Pool,
  portalId: string,
  objectType: string,
  mails: string[],
): Promise<void> {
  if (mails.length === 0) return;
  const values = [portalId, mentionPattern(mails, '\\w'), anyOf(mails)];
  await eraseFrom(pool, staged, values);
  // A stream keyed by e-mail stands at one; it is read from its beginning again.
  await pool.query(
    `update cursors set position = null, watermark = null, pending_watermark = null, fence = fence + 1
     where portal_id = $1 and ${mentioning("concat_ws(' ', position, watermark, pending_watermark)")}`,
    values,
  );
  const { rows } = await pool.query<{ name: string }>(
    `select distinct 'consolidate:' || portal_id || ':' || object_type as name from object_configs where portal_id = $1`,
    [portalId],
  );
  for (const { name } of rows) await passLock(pool, name);
  await eraseFrom(pool, consolidated, values);
  await eraseMentionedKeys(pool, objectType, values);
  await passLock(pool, `deliver:${portalId}`);
  // Whoever is sending one settles nothing of it any more; it is sent again as it is then.
  await pool.query(
    `update delivery_batches set fence = nextval('fences'), maybe_written = true
     where portal_id = $1 and batch_id in (select batch_id from intents
       where portal_id = $1 and ${mentioning("concat_ws(' ', properties, before)")})`,
    values,
  );
  await eraseFrom(pool, delivered, values);
}

/** Waits for who holds a lock now. */
const passLock = (pool: Pool, name: string) => inTransaction(pool, (tx) => lockInTransaction(tx, name));

/** @param values the portal, the exact pattern and the plain one */
async function eraseFrom(pool: Pool, tables: Texts, values: string[]): Promise<void> {
  for (const [table, columns] of tables) {
    const set = columns.map((column) => {
      const replaced = `regexp_replace(${column}::text, $2, '${erasedText}', 'gi')`;
      return `${column} = ${texts.has(column) ? replaced : `${replaced}::jsonb`}`;
    });
    // Who has read it as a due record is told so by another mark.
    if (table === 'staged_records')
      set.push('due_at = case when due_at is not null then clock_timestamp() end');
    const found = columns.map((column) => mentioning(`${column}::text`)).join(' or ');
    await pool.query(`update ${table} set ${set.join(', ')} where portal_id = $1 and (${found})`, values);
  }
}

/** Identity keys of records of other object types, and references to a record that is not here. */
async function eraseMentionedKeys(db: Queryable, objectType: string, values: string[]): Promise<void> {
  await db.query(
    `update mapped_records set keys = array(select key from unnest(keys) as key where key !~* $2)
     where portal_id = $1 and object_type <> $4 and ${mentioning("array_to_string(keys, ' ')")}`,
    [...values, objectType],
  );
  await db.query(
    `delete from identity_keys where portal_id = $1 and object_type <> $4 and ${mentioning('key')}`,
    [...values, objectType],
  );
  await db.query(`delete from record_references where portal_id = $1 and ${mentioning('to_key')}`, values);
}

/** Where one of the addresses stands. The exact pattern ($2) costs twenty times as much as the plain one ($3). */
function mentioning(text: string): string {
  return `case when ${text} ~* $3 then ${text} ~* $2 else false end`;
}
