import { recogniseErased } from '../../db/erasure/erasedKeys';
import { countDropped } from '../../db/erasure/erasures';
import { shareStaging } from '../../db/erasure/stagingLock';
import type { Queryable } from '../../db/pool';
import { identityMarks, mailMark, mailsIn, recordMark, withoutMails } from '../../domain/merge/erasedKeys';
import type { MappedRecord, RecordRef } from '../../domain/record';
import type { ObjectRules } from '../../domain/rules';
import { valuesOf } from './mapSlice';

export type ErasureSecret = () => string | null;

/** A record to be looked at: which one it is, and its content as JSON text. */
export interface ScreenedText {
  ref: RecordRef;
  text: string;
}

/**
 * Keeps erased people out, until the transaction ends: their own records are dropped and counted, and their e-mail addresses are taken out of records
 * of other object types. A record that only its mapping gives away is found by `findErased`.
 * @returns per record its text without such addresses, or null where it is dropped
 */
export async function screenErased(
  tx: Queryable,
  secret: ErasureSecret,
  portalId: string,
  objectType: string,
  records: readonly ScreenedText[],
): Promise<(string | null)[]> {
  const seen = records.map(({ ref, text }) => ({
    text,
    mark: recordMark(ref),
    mails: mailsIn(text).map((mail) => ({ mail, mark: mailMark(mail) })),
  }));
  await shareStaging(tx, portalId);
  const marks = seen.flatMap(({ mark, mails }) => [mark, ...mails.flatMap((mail) => mail.mark ?? [])]);
  const erased = await recogniseErased(tx, portalId, secret(), [...new Set(marks)]);
  if (erased.size === 0) return records.map(({ text }) => text);
  await countDropped(
    tx,
    portalId,
    seen.flatMap(({ mark }) => erased.get(mark)?.erasureId ?? []),
  );
  return seen.map(({ text, mark, mails }) => {
    if (erased.has(mark)) return null;
    const mentioned = mails.filter((mail) => {
      const match = mail.mark === null ? undefined : erased.get(mail.mark);
      return match !== undefined && match.objectType !== objectType;
    });
    return withoutMails(
      text,
      mentioned.map(({ mail }) => mail),
    );
  });
}

export interface ErasedRecord {
  ref: RecordRef;
  erasureId: string;
}

/**
 * Which records belong to erased people: by their own keys, or by identity keys that nobody knew before they were mapped.
 * They are counted as dropped.
 * @param mapping what is known of them once they are mapped
 */
export async function findErased(
  tx: Queryable,
  secret: ErasureSecret,
  portalId: string,
  records: readonly RecordRef[],
  mapping?: { rules: ObjectRules; mapped: readonly MappedRecord[] },
): Promise<ErasedRecord[]> {
  const marksOf = new Map<string, RecordRef[]>();
  const note = (mark: string, ref: RecordRef) => marksOf.set(mark, [...(marksOf.get(mark) ?? []), ref]);
  for (const ref of records) note(recordMark(ref), ref);
  for (const record of mapping?.mapped ?? []) {
    const { objectType, identity } = mapping!.rules;
    const keys = record.identityKeys.map(({ key }) => key);
    for (const { mark } of identityMarks(objectType, keys, valuesOf(record.fields), identity))
      note(mark, record);
  }
  const erased = await recogniseErased(tx, portalId, secret(), [...marksOf.keys()]);
  const found = new Map<string, ErasedRecord>();
  for (const [mark, { erasureId }] of erased)
    for (const ref of marksOf.get(mark)!) found.set(recordMark(ref), { ref, erasureId });
  await countDropped(
    tx,
    portalId,
    [...found.values()].map(({ erasureId }) => erasureId),
  );
  return [...found.values()];
}
