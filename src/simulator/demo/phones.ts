import type { Country } from './countries';
import type { Random } from './random';

/** A phone number: its E.164 form and the parts its dirty spellings are made from. */
export interface Phone {
  e164: string;
  country: Country;
  /** Without trunk prefix. */
  national: string;
}

/** Each person has this many numbers of their own; no two people share one unless planted. */
export const phoneSlots = 8;

/** The number of a serial: different serials of one country give different numbers (below 10^digits). */
export function phoneOf(country: Country, serial: number): Phone {
  const span = 10 ** country.digits;
  if (serial >= span) throw new Error(`phone serial ${serial} is out of range`);
  // 7654321 is coprime to every power of ten, so the walk visits each number once.
  const subscriber = Number((BigInt(serial) * 7654321n + 1234567n) % BigInt(span));
  const national = country.mobile + String(subscriber).padStart(country.digits, '0');
  return { e164: `+${country.dial}${national}`, country, national };
}

/**
 * A spelling of the number as people type it. National forms are only used when `nationalForm` says that the
 * row also tells the country (or the number is British, the configured default region).
 */
export function spellPhone(phone: Phone, random: Random, nationalForm: boolean): string {
  const { country, national } = phone;
  const grouped = national.replace(/(\d{3})(?=\d{3})/g, `$1${random.pick([' ', '-', '.', ' '])}`);
  const forms = [phone.e164, `+${country.dial} ${grouped}`, ` ${phone.e164} `, `+${country.dial}-${grouped}`];
  if (nationalForm) forms.push(country.trunk + national, `${country.trunk}${grouped}`);
  if (nationalForm && country.zeroZero) forms.push(`00${country.dial}${national}`);
  if (nationalForm && country.trunk)
    forms.push(`(${country.trunk}${national.slice(0, 2)}) ${national.slice(2)}`);
  return random.pick(forms);
}

/** The number of a company's switchboard, in the same ranges from the other end. */
export function companyPhone(country: Country, index: number): Phone {
  return phoneOf(country, 10 ** country.digits - 1 - index);
}
