import { hashMarks } from '../../db/erasure/erasedKeys';
import {
  deletePerson,
  findPerson,
  forgetSamples,
  lockForErasure,
  type StoredPerson,
} from '../../db/erasure/erasePerson';
import { eraseMentions } from '../../db/erasure/eraseMentions';
import { addErasedKeys, recordErasure } from '../../db/erasure/erasures';
import { lockStaging, shareStaging } from '../../db/erasure/stagingLock';
import { inTransaction, type Queryable } from '../../db/pool';
import { identityMarks, mailMark, recordMark, wholeMailsIn } from '../../domain/merge/erasedKeys';
import { identityKeysOf } from '../../domain/identity/identityKeys';
import { hubspotSource } from '../../domain/record';
import type { IdentityRules } from '../../domain/rules';
import type { ActivityContext } from '../context';
import { valuesOf } from '../consolidate/mapSlice';
import type { ErasedRecord } from '../consolidate/screenErased';

/**
 * Before people are erased: that they are is remembered, so that from then on nobody stages them or a mention of them; and
 * what records of others mention of them goes. Outside of their transaction, for it looks through all that is stored;
 * repeated it changes nothing. Who dies after it erases them with the next claim.
 */
export async function eraseMentionsOf(
  context: ActivityContext,
  portalId: string,
  objectType: string,
  recordIds: string[],
): Promise<void> {
  const { rules } = await context.objectContext(portalId, objectType);
  const people: { recordId: string; person: StoredPerson }[] = [];
  for (const recordId of recordIds)
    people.push({ recordId, person: await findPerson(context.pool, portalId, objectType, recordId) });
  await inTransaction(context.pool, async (tx) => {
    await lockStaging(tx, portalId);
    for (const one of people)
      await rememberPerson(context, tx, portalId, { ...one, records: 0 }, rules.identity);
  });
  const mails = new Set(people.flatMap(({ person }) => mailsOf(person, rules.identity)));
  await eraseMentions(context.pool, portalId, objectType, [...mails]);
}

/** Keeps the keyed hashes of what somebody is known by, and the fact. */
async function rememberPerson(
  context: ActivityContext,
  tx: Queryable,
  portalId: string,
  { recordId, person, records }: { recordId: string; person: StoredPerson; records: number },
  identity: IdentityRules,
): Promise<void> {
  const { objectType } = person;
  const told = recordMark({ source: hubspotSource, stream: objectType, key: recordId });
  const marks = new Set([told, ...marksOf(person, identity)]);
  const { keyId, hashes } = await hashMarks(tx, portalId, context.erasureSecret(), [...marks]);
  await recordErasure(tx, portalId, { objectType, records, keyId, hashes });
}

/**
 * Erases people whom HubSpot deleted for privacy: all that is stored of them in any table. Keyed hashes of what they are
 * known by are kept, so that no source brings them back, and the fact, which names nobody.
 */
export async function erasePeople(
  context: ActivityContext,
  tx: Queryable,
  portalId: string,
  objectType: string,
  recordIds: string[],
): Promise<void> {
  if (recordIds.length === 0) return;
  const { rules } = await context.objectContext(portalId, objectType);
  await shareStaging(tx, portalId);
  await lockForErasure(tx, portalId, objectType);
  for (const recordId of recordIds) {
    const person = await findPerson(tx, portalId, objectType, recordId);
    const records = person.refs.filter(({ source }) => source !== hubspotSource).length;
    await rememberPerson(context, tx, portalId, { recordId, person, records }, rules.identity);
    await deletePerson(tx, portalId, person);
  }
  await forgetSamples(tx);
}

/**
 * Deletes source records that turned out to be an erased person's, and remembers their keys, so that staging knows them
 * next time. Their links have ended before.
 */
export async function eraseRecords(
  context: ActivityContext,
  tx: Queryable,
  portalId: string,
  objectType: string,
  erased: ErasedRecord[],
): Promise<void> {
  if (erased.length === 0) return;
  const marks = erased.map(({ ref }) => recordMark(ref));
  const { keyId, hashes } = await hashMarks(tx, portalId, context.erasureSecret(), marks);
  await addErasedKeys(
    tx,
    portalId,
    keyId,
    erased.map(({ erasureId }, index) => ({ erasureId, hash: hashes[index]! })),
  );
  const refs = erased.map(({ ref }) => ref);
  const recordIds = refs.filter(({ source }) => source === hubspotSource).map(({ key }) => key);
  await deletePerson(tx, portalId, { objectType, refs, recordIds, goldenIds: [] });
}

function marksOf(person: StoredPerson, rules: IdentityRules): string[] {
  const shared = new Set(person.sharedKeys);
  const ofKeys = person.mapped.flatMap(({ fields, keys }) =>
    identityMarks(person.objectType, keys, valuesOf(fields), rules)
      .filter(({ key }) => !shared.has(key))
      .map(({ mark }) => mark),
  );
  const ofHubSpot = person.recordIds.map((key) =>
    recordMark({ source: hubspotSource, stream: person.objectType, key }),
  );
  const mails = mailsOf(person, rules).flatMap((mail) => mailMark(mail) ?? []);
  return [...person.refs.map(recordMark), ...ofHubSpot, ...ofKeys, ...mails];
}

/**
 * Addresses that only this person is known by, folded: identity keys, and keys of records that are addresses. One that is
 * no evidence of anybody, or that others have too, is not the person's alone: theirs stays.
 */
function mailsOf({ mapped, refs, sharedKeys }: StoredPerson, identity: IdentityRules): string[] {
  const mailRules = identity.rules.filter(({ fold }) => fold === 'email');
  const names = mailRules.map(({ name }) => `${name}:`);
  const keys = mapped.flatMap((record) => record.keys).filter((key) => !sharedKeys.includes(key));
  const ofKeys = keys.flatMap((key) => {
    const name = names.find((prefix) => key.startsWith(prefix));
    return name === undefined ? [] : [key.slice(name.length)];
  });
  const isOwn = (mail: string) =>
    mailRules.length === 0 ||
    identityKeysOf(Object.fromEntries(mailRules.map(({ fields }) => [fields[0]!, mail])), identity).some(
      ({ key }) => !sharedKeys.includes(key),
    );
  const ofRefs = refs.flatMap(({ key }) => wholeMailsIn(JSON.stringify(key.toLowerCase()))).filter(isOwn);
  return [...new Set([...ofKeys, ...ofRefs])];
}
