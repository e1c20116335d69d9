import { foldValue } from '../identity/identityKeys';
import { similarTextOf } from '../identity/identityRecord';
import type { RecordRef } from '../record';
import type { IdentityRules } from '../rules';

/**
 * What an erased person is recognised by, as texts to be hashed. A text never stands for two persons who only share a
 * phone: keys that need a similar name count together with that name.
 */

/** A record of a source, or of HubSpot. */
export function recordMark({ source, stream, key }: RecordRef): string {
  return JSON.stringify(['record', source, stream, key]);
}

/** An e-mail address wherever it stands, or null where it is none. */
export function mailMark(address: string): string | null {
  const folded = foldValue(address, 'email');
  return folded === null ? null : JSON.stringify(['mail', folded]);
}

/**
 * The identity keys of a mapped record.
 * @param keys as they are stored: `<rule name>:<folded value>`; those of no rule are left out
 * @param values the record's values by property
 */
export function identityMarks(
  objectType: string,
  keys: readonly string[],
  values: Record<string, string>,
  rules: IdentityRules,
): { key: string; mark: string }[] {
  const names = similarTextOf(values, rules);
  return keys.flatMap((key) => {
    const index = rules.rules.findIndex(({ name }) => key.startsWith(`${name}:`));
    const rule = rules.rules[index];
    if (rule === undefined) return [];
    if (rule.similar === undefined) return [{ key, mark: JSON.stringify(['key', objectType, key]) }];
    const name = names[index];
    return name === undefined ? [] : [{ key, mark: JSON.stringify(['key', objectType, key, name]) }];
  });
}

/** What an e-mail address may consist of in a text; brackets, quotes and list signs end it. */
const mailPattern = /[^\s"'<>()[\]{}\\,;:@]+@[^\s"'<>()[\]{}\\,;:@]+/gu;
export const erasedText = '[erased]';

/** The e-mail addresses in a text, as they are spelled. */
export function mailsIn(text: string): string[] {
  return text.includes('@') ? [...new Set(text.match(mailPattern) ?? [])] : [];
}

/** The text without these addresses. */
export function withoutMails(text: string, mails: readonly string[]): string {
  let rest = text;
  for (const mail of mails) rest = rest.replaceAll(mail, erasedText);
  return rest;
}
