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

/** What begins like an e-mail address, and all that may belong to it; an escape of JSON is none of its letters. */
const mailPattern = /\\(?:u[\da-f]{4}|.)|([^\s"<>()[\]{}\\,;:@]+)@(?=([^\s"<>()[\]{}\\,;:@]+))/gu;
export const erasedText = '[erased]';

/**
 * The e-mail addresses in a text of JSON, as they are spelled. Where its end is in doubt (a full stop, a quote, a mark
 * before it), an address comes with and without.
 */
export function mailsIn(text: string): string[] {
  if (!text.includes('@')) return [];
  const mails = new Set<string>();
  for (const [, local, host] of text.matchAll(mailPattern)) {
    if (local === undefined || host === undefined) continue;
    const plainHost = /^[\p{L}\p{N}\p{M}._-]*[\p{L}\p{N}\p{M}]/u.exec(host)?.[0] ?? host;
    const begun = local.replace(/^[^\p{L}\p{N}]+/u, '');
    const last = /[\p{L}\p{N}\p{M}._+-]*$/u.exec(local)![0];
    for (const name of [local, begun, last])
      for (const end of [host, plainHost]) if (name !== '') mails.add(`${name}@${end}`);
  }
  return [...mails];
}

/**
 * A regular expression, of JavaScript and of Postgres alike, for addresses in a text of JSON: not for longer ones of which
 * they are a part, for those are other people's.
 * @param word what stands for a letter or digit in a bracket
 */
export function mentionPattern(mails: readonly string[], word: string): string {
  const begins = `(?:(?<![${word}])(?<![${word}][.+'-])|(?<=\\\\[bfnrt]|\\\\u[0-9a-f]{4}))`;
  return `${begins}(?:${anyOf(mails)})(?![${word}]|[.-]+[${word}])`;
}

/** A regular expression for these texts, wherever they stand: of JavaScript and of Postgres alike. */
export function anyOf(texts: readonly string[]): string {
  return texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|');
}

/** The text of JSON without these addresses. */
export function withoutMails(text: string, mails: readonly string[]): string {
  if (mails.length === 0) return text;
  return text.replace(new RegExp(mentionPattern(mails, '\\p{L}\\p{N}\\p{M}_'), 'gu'), erasedText);
}

/** The addresses in a text of JSON that are no part of another one there. */
export function wholeMailsIn(text: string): string[] {
  return mailsIn(text).filter((mail) => withoutMails(text, [mail]) !== text);
}
