import { isSharedDomain } from './identityDomains';
import type { IdentityKey } from '../record';
import type { IdentityRule, IdentityRules } from '../rules';

/** A folded value longer than this is no key: an e-mail ends at 254 and an index entry in Postgres near 2,700 bytes. */
const foldedLengthMax = 320;
/** E.164: at most 15 digits. Under 7 it is an extension or a short code, which many share. */
const phoneDigitsMin = 7;
const phoneDigitsMax = 15;

/**
 * The identity keys of one mapped record.
 *
 * In: canonical property values by HubSpot property name, and the object's identity rules.
 * Out: one key per evident value, `rulename:folded`, without repeats, in the order of the rules.
 * A value that cannot be folded, is listed under `notEvidence`, or is a domain that strangers share, is no key.
 * The sharers of a key are not known here: `resolveIdentity` leaves out what too many records hold.
 */
export function identityKeysOf(values: Record<string, string>, rules: IdentityRules): IdentityKey[] {
  const keys: IdentityKey[] = [];
  const seen = new Set<string>();
  rules.rules.forEach((rule, index) => {
    for (const field of rule.fields) {
      for (const part of (values[field] ?? '').split(';')) {
        const folded = foldValue(part, rule.fold);
        if (folded === null || isListed(folded, rule, rules.notEvidence)) continue;
        const key = `${rule.name}:${folded}`;
        if (seen.has(key)) continue;
        seen.add(key);
        keys.push({ rule: index, key });
      }
    }
  });
  return keys;
}

/**
 * One value folded so that spellings of the same thing are equal, or null where it is no evidence.
 * No folding of plus tags or dots in e-mails: only the mailbox's own provider knows whether they differ.
 */
export function foldValue(value: string, fold: IdentityRule['fold']): string | null {
  const trimmed = value.normalize('NFC').trim();
  const folded = trimmed === '' ? null : folds[fold](trimmed);
  return folded === null || folded === '' || folded.length > foldedLengthMax ? null : folded;
}

const folds: Record<IdentityRule['fold'], (trimmed: string) => string | null> = {
  email: (text) => (/^[^\s@]+@[^\s@]+$/u.test(text) ? text.toLowerCase() : null),
  phone: foldPhone,
  domain: foldDomain,
  exact: (text) => text,
  caseless: (text) => text.toLowerCase(),
};

/** Digits, with the extension kept apart: two desks behind one switchboard are two people. */
function foldPhone(text: string): string | null {
  const [number = '', extension = ''] = text.toLowerCase().split(/[a-z#]+[.:=\s]*/u);
  // `(0)` is the trunk prefix that nobody dials from abroad.
  const digits = number.replace('(0)', '').replace(/\D/gu, '').replace(/^00/u, '');
  if (digits.length < phoneDigitsMin || digits.length > phoneDigitsMax) return null;
  // 0000000 and its like are what a form's visitor types who has no number to give.
  if (/^(\d)\1*$/u.test(digits)) return null;
  const desk = extension.replace(/\D/gu, '');
  return desk === '' ? digits : `${digits}x${desk}`;
}

/** The host of a domain, web address or e-mail, without `www.`, port, path and closing dot. */
function foldDomain(text: string): string | null {
  const authority =
    text
      .toLowerCase()
      .replace(/^[a-z][a-z0-9+.-]*:\/\//u, '')
      .split(/[/?#]/u)[0] ?? '';
  const host = authority
    .slice(authority.lastIndexOf('@') + 1)
    .replace(/:\d*$/u, '')
    .replace(/\.$/u, '')
    .replace(/^www\./u, '');
  if (!/^[^\s.:]+(\.[^\s.:]+)+$/u.test(host) || /^[\d.]+$/u.test(host)) return null;
  return isSharedDomain(host) ? null : host;
}

/** Listed values are written as a person spells them, so they are folded like the value; `*` stands for any text. */
function isListed(folded: string, rule: IdentityRule, notEvidence: readonly string[]): boolean {
  return notEvidence.some((listed) =>
    listed.includes('*') ? matchesPattern(listed, folded) : foldValue(listed, rule.fold) === folded,
  );
}

/** Not a regular expression: a configured pattern can then never be slow. */
function matchesPattern(pattern: string, folded: string): boolean {
  const text = folded.toLowerCase();
  const pieces = pattern.trim().toLowerCase().split('*');
  const first = pieces[0] ?? '';
  const last = pieces[pieces.length - 1] ?? '';
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false;
  let from = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const at = text.indexOf(piece, from);
    if (at < 0 || at + piece.length > text.length - last.length) return false;
    from = at + piece.length;
  }
  return true;
}
