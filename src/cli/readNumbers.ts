import { InvalidArgumentError } from 'commander';
import { CliFailure } from './cliFailure';

/** A whole number of 0 or more. @throws as commander wants it */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** The number of a problem, review, pin or erasure, with or without its #. */
export function numberOf(text: string): string {
  const digits = text.replace(/^#/, '');
  if (/^\d{1,18}$/.test(digits)) return digits;
  throw new CliFailure(`"${text}" is no number of a problem or review`, 2);
}
