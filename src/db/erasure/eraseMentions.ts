import { anyOf, erasedText, mentionPattern } from '../../domain/merge/erasedKeys';
import type { Queryable } from '../pool';

/** Documents and texts in which a person can be named beside her own records: in those of others. */
const mentions: [table: string, columns: string[]][] = [
  ['staged_records', ['payload']],
  ['mapped_records', ['fields']],
  ['golden_records', ['values', 'origins']],
  ['known_states', ['kept', 'sent', 'edits']],
  ['deliveries', ['before', 'after', 'acknowledged']],
  ['intents', ['properties', 'before']],
  ['problems', ['reason', 'sent', 'note']],
  ['reviews', ['reason', 'records', 'parts']],
  ['pins', ['value', 'note']],
  ['inbox_events', ['payload']],
];
const texts = new Set(['reason', 'note', 'value']);

/**
 * Takes e-mail addresses out of whatever else mentions them: an order's remark, another record's problem. It looks
 * through all that is stored, which takes its time, and is repeatable; so it runs by itself, before the person is deleted.
 * @param objectType the person's: keys of this type are deleted with the person, or are somebody else's too
 * @param mails folded; nobody else is known by them
 */
export async function eraseMentions(
  db: Queryable,
  portalId: string,
  objectType: string,
  mails: string[],
): Promise<void> {
  if (mails.length === 0) return;
  const patterns = [mentionPattern(mails, '\\w'), anyOf(mails)];
  for (const [table, columns] of mentions) {
    const set = columns.map((column) => {
      const replaced = `regexp_replace(${column}::text, $2, '${erasedText}', 'gi')`;
      return `${column} = ${texts.has(column) ? replaced : `${replaced}::jsonb`}`;
    });
    const found = columns.map((column) => mentioning(`${column}::text`)).join(' or ');
    await db.query(`update ${table} set ${set.join(', ')} where portal_id = $1 and (${found})`, [
      portalId,
      ...patterns,
    ]);
  }
  await eraseMentionedKeys(db, portalId, objectType, patterns);
  // A stream keyed by e-mail stands at one; it is read from its beginning again.
  await db.query(
    `update cursors set position = null, watermark = null, pending_watermark = null, fence = fence + 1
     where portal_id = $1 and ${mentioning("concat_ws(' ', position, watermark, pending_watermark)")}`,
    [portalId, ...patterns],
  );
}

/** Identity keys of records of other object types, and references to a record that is not here. */
async function eraseMentionedKeys(
  db: Queryable,
  portalId: string,
  objectType: string,
  patterns: string[],
): Promise<void> {
  const values = [portalId, ...patterns];
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
