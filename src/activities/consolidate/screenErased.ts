import { isAnyErased, recogniseErased, type ErasedMatch } from '../../db/erasure/erasedKeys';
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
  /** More of it by which nobody is recognised: addresses of erased people of its own object type go out of it too. */
  free?: string;
}

/** Its texts without addresses of erased people. */
export interface CleanText {
  text: string;
  free: string;
}

/**
 * Keeps erased people out, until the transaction ends: their own records are dropped and counted, and their e-mail addresses are taken out of records
 * of other object types. A record that only its mapping gives away is found by `findErased`.
 * @returns per record its texts without such addresses, or null where it is dropped
 */
export async function screenErased(
  tx: Queryable,
  secret: ErasureSecret,
  portalId: string,
  objectType: string,
  records: readonly ScreenedText[],
): Promise<(CleanText | null)[]> {
  await shareStaging(tx, portalId);
  if (!(await isAnyErased(tx, portalId))) return records.map(({ text, free = '' }) => ({ text, free }));
  const seen = records.map(({ ref, text, free = '' }) => ({
    ...{ text, free, mark: recordMark(ref) },
    mails: mailsWithMarks(text),
    freeMails: mailsWithMarks(free),
  }));
  const marks = seen.flatMap(({ mark, mails, freeMails }) => [
    mark,
    ...marksOf(mails),
    ...marksOf(freeMails),
  ]);
  const erased = await recogniseErased(tx, portalId, secret(), [...new Set(marks)]);
  if (erased.size === 0) return seen;
  await countDropped(
    tx,
    portalId,
    seen.flatMap(({ mark }) => erased.get(mark)?.erasureId ?? []),
  );
  return seen.map(({ text, free, mark, mails, freeMails }) => {
    if (erased.has(mark)) return null;
    const ofOthers = mails.filter((mail) => isErased(mail, erased, objectType));
    const ofAll = freeMails.filter((mail) => isErased(mail, erased));
    return { text: withoutMails(text, ofOthers.map(mailOf)), free: withoutMails(free, ofAll.map(mailOf)) };
  });
}

/**
 * Takes addresses of erased people out of what is surely no record of theirs.
 * @param texts as JSON
 * @returns per text what is left of it, or null where nothing goes
 */
export async function withoutErasedMails(
  tx: Queryable,
  secret: ErasureSecret,
  portalId: string,
  texts: readonly string[],
): Promise<(string | null)[]> {
  const mails = texts.map(mailsWithMarks);
  const erased = await recogniseErased(tx, portalId, secret(), [...new Set(mails.flatMap(marksOf))]);
  return texts.map((text, index) => {
    const mentioned = mails[index]!.filter((mail) => isErased(mail, erased));
    return mentioned.length === 0 ? null : withoutMails(text, mentioned.map(mailOf));
  });
}

interface MarkedMail {
  mail: string;
  mark: string | null;
}

const mailsWithMarks = (text: string): MarkedMail[] =>
  mailsIn(text).map((mail) => ({ mail, mark: mailMark(mail) }));
const marksOf = (mails: MarkedMail[]) => mails.flatMap(({ mark }) => mark ?? []);
const mailOf = ({ mail }: MarkedMail) => mail;

/** @param butOf people of this object type do not count: their own records are known by their addresses */
function isErased({ mark }: MarkedMail, erased: ReadonlyMap<string, ErasedMatch>, butOf?: string): boolean {
  const match = mark === null ? undefined : erased.get(mark);
  return match !== undefined && match.objectType !== butOf;
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
