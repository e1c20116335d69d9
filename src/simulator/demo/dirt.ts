import type { Random } from './random';
import type { Name } from './names';
import { fullName } from './names';
import { similarityOf } from './similarity';

/** The instant of a bulk load: many rows share it, more than a page holds. */
export const bulkLoadAt = Date.UTC(2026, 2, 1, 2, 0, 0);
const firstChange = Date.UTC(2025, 0, 6);
const lastChange = Date.UTC(2026, 9, 20);

/** When a row last changed before the world was served; milliseconds. */
export function pickTime(random: Random): number {
  if (random.chance(0.15)) return bulkLoadAt;
  return firstChange + Math.floor(random.next() * (lastChange - firstChange));
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();

/** An e-mail address as people type it; reading it back gives the lower-case one. */
export function spellEmail(email: string, random: Random): string {
  const kind = random.int(5);
  if (kind === 0) return email.toUpperCase();
  if (kind === 1) return ` ${email}`;
  if (kind === 2) return `${email.slice(0, 1).toUpperCase()}${email.slice(1)}  `;
  return email;
}

/** Spaces around a text, one time in four. */
export function pad(text: string, random: Random): string {
  return random.chance(0.25) ? random.pick([` ${text}`, `${text} `, `  ${text}  `, `\t${text}`]) : text;
}

/** Another spelling of a name that only an equal e-mail may join: the case differs. */
export function recase(name: Name, random: Random): Name {
  if (random.chance(0.5)) return name;
  if (random.chance(0.5)) return { first: name.first.toUpperCase(), last: name.last.toUpperCase() };
  return { first: name.first.toLowerCase(), last: name.last.toLowerCase() };
}

/** A spelling that a phone may join: one letter doubled, where the names stay more than 0.92 alike. */
export function misspell(name: Name, random: Random): Name {
  const letters = [...name.last];
  const at = letters.length - 1 - random.int(2);
  if (at < 2) return name;
  const typo = {
    first: name.first,
    last: [...letters.slice(0, at), letters[at] as string, ...letters.slice(at)].join(''),
  };
  return similarityOf(fullName(name), fullName(typo)) > 0.93 ? typo : name;
}

/** A value that is missing in one of the ways systems leave it out. */
export function missing(random: Random): null | '' | '  ' {
  return random.pick([null, '', '  ', null] as const);
}

/** A date as DD/MM/YYYY. */
export function slashed(day: string): string {
  return `${day.slice(8, 10)}/${day.slice(5, 7)}/${day.slice(0, 4)}`;
}
