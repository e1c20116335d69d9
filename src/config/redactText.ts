/**
 * Takes secrets and personal data out of free text: e-mail addresses, phone numbers, tokens, passwords in
 * addresses. Pure. It prefers to hide too much; ids of HubSpot (bare digits), times and UUIDs stay readable.
 */

/** Longer text is cut first: an error's text that long is a payload. */
const lengthMax = 8_000;

const rules: [pattern: RegExp, replacement: string][] = [
  // A secret behind its own name: headers, query parameters, JSON members, key=value.
  [
    /((?:proxy-)?authorization|x-api-key|api[-_]?key|hapikey|access[-_]?token|refresh[-_]?token|client[-_]?secret|password|passwd|pwd|secret|token)(["']?\s*[:=]\s*["']?)(?:(?:bearer|basic)\s+)?[^\s"',;&}\]]+/gi,
    '$1$2[secret]',
  ],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{4,}/gi, '$1 [secret]'],
  [/\bpat-[A-Za-z0-9]{2,8}-[A-Za-z0-9-]{4,}/gi, '[secret]'],
  [/\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, '[secret]'],
  // user:password@ in an address
  [/([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:]{0,200}:[^\s/@]{1,500}@/gi, '$1[secret]@'],
  // Local parts of any script; percent-encoded @ of addresses in URLs too.
  [
    /[^\s@<>()[\]"'`,;:=/\\{}?&|%]{1,64}(?:@|%40)[^\s@<>()[\]"'`,;:=/\\{}?&|%]{1,190}\.[\p{L}\p{N}-]{2,63}/giu,
    '[email]',
  ],
];

/** A run of digits (of any script) and the marks that people write between them. */
const marks = '\\s().\\-/\\u00a0\\u2010-\\u2015';
const digitRun = new RegExp(
  `(?<!\\p{Nd})(?:\\+|\\(\\+?)?\\p{Nd}[\\p{Nd}${marks}]{5,28}\\p{Nd}(?!\\p{Nd})`,
  'gu',
);
const markBetween = new RegExp(`[${marks}]`);
const dayStart = /^\d{4}-\d{2}-\d{2}(?:[ T]|$)/;
const hostAddress = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const decimalNumber = /^\d+\.\d+$/;

/** Out: the same text without what nobody may read in a log. */
export function redactText(text: string): string {
  const whole = text.length > lengthMax ? `${text.slice(0, lengthMax)}… (${text.length} characters)` : text;
  const named = rules.reduce(
    (current, [pattern, replacement]) => current.replace(pattern, replacement),
    whole,
  );
  return named.replace(digitRun, (run, offset: number) => {
    const before = named[offset - 1] ?? ' ';
    return isPhone(run, /[\p{L}_.-]/u.test(before)) ? '[phone]' : run;
  });
}

/** @param isGlued something is written directly before it, as in UUIDs, versions and `tel.07700…` */
function isPhone(run: string, isGlued: boolean): boolean {
  const digitCount = run.replace(/\P{Nd}/gu, '').length;
  if (digitCount < 7 || digitCount > 15) return false;
  if (dayStart.test(run) || hostAddress.test(run) || decimalNumber.test(run)) return false;
  // Written as a phone number: a country code or trunk zero, or groups with marks between them.
  if (/^(?:[+(0]|\p{Nd}(?<!\d))/u.test(run)) return !isGlued || digitCount >= 9;
  return !isGlued && markBetween.test(run);
}
