import { isSupportedCountry } from 'libphonenumber-js/min';
import { IANAZone } from 'luxon';
import { z } from 'zod';
import { regionOf } from '../../domain/values/countryRegion';
import { durationMaxMs, durationPattern, parseDuration } from '../durations';
import { nearest } from '../nearest';
import { parseSecretRef, type SecretRef, type Setting } from '../secrets';

/** The single values that the sections of the configuration are made of. */

/** A name of ours (source, stream, schedule …): used in workflow ids and metrics, so it is kept plain. */
export const name = z
  .string()
  .regex(
    /^[a-zA-Z][a-zA-Z0-9_-]{0,59}$/,
    'a name is a letter followed by letters, digits, _ or - (60 at most)',
  )
  .describe('A name: a letter followed by letters, digits, _ or -.');

/** The internal name of a HubSpot property: lower case, see HubSpot's property settings. */
export const propertyName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,99}$/, 'a HubSpot property name is lower case letters, digits and _')
  .describe('Internal name of a HubSpot property.');

/** Text that says something. */
export const text = z.string().min(1, 'must not be empty');

/** Dotted path into a source record, e.g. `candidate.email`. */
export const path = text.max(400).describe('Dotted path into the source record, e.g. `candidate.email`.');

/** Written `10m`, read as milliseconds. */
export const duration = z
  .string()
  .regex(durationPattern, 'must be a duration like 30s, 10m, 1h30m or 2d')
  .transform((written, context) => {
    const ms = parseDuration(written);
    if (ms !== null) return ms;
    context.addIssue({ code: 'custom', message: `must not be longer than ${durationMaxMs / 86_400_000}d` });
    return z.NEVER;
  });

const isReference = /^(env|file):/;

function toSecretRef(written: string, context: z.RefinementCtx): SecretRef {
  const ref = parseSecretRef(written);
  if (ref) return ref;
  context.addIssue({
    code: 'custom',
    message: 'not a valid reference',
    params: { hint: 'write env:NAME (letters, digits, _) or file:/absolute/path' },
  });
  return z.NEVER;
}

/** Written `env:NAME` or `file:/path`; stays a reference. */
export const secretRef = z
  .string()
  .regex(isReference, 'a secret is given as a reference: env:NAME or file:/absolute/path')
  .transform(toSecretRef);

/** A plain text, or a reference where the text is another on every machine. */
export const setting = text.transform((written, context): Setting =>
  isReference.test(written) ? toSecretRef(written, context) : { from: 'text', text: written },
);

/** A web address, or a reference to one. */
export const address = setting.superRefine((given, context) => {
  if (given.from !== 'text' || isWebAddress(given.text)) return;
  const isVariable = /^[A-Z][A-Z0-9_]*$/.test(given.text);
  context.addIssue({
    code: 'custom',
    message: 'must be an address that begins with https:// (or http://)',
    params: { hint: isVariable ? `did you mean env:${given.text}?` : 'write it in full, or env:NAME' },
  });
});

function isWebAddress(written: string): boolean {
  return URL.canParse(written) && /^https?:$/.test(new URL(written).protocol);
}

/** A zone of the IANA time zone database. */
export const timeZone = z.string().superRefine((zone, context) => {
  if (IANAZone.isValidZone(zone)) return;
  const close = nearest(zone, Intl.supportedValuesOf('timeZone'));
  context.addIssue({
    code: 'custom',
    message: 'unknown time zone',
    params: { hint: close ? `did you mean "${close}"?` : 'use an IANA name, e.g. Europe/London' },
  });
});

/** Two-letter country code (ISO 3166-1), e.g. of phone numbers without a country code. */
export const region = z
  .string()
  .regex(/^[A-Z]{2}$/, 'must be a country code of two capital letters, e.g. GB')
  .superRefine((code, context) => {
    if (isSupportedCountry(code)) return;
    const known = regionOf(code);
    const hint =
      known && isSupportedCountry(known) ? `did you mean "${known}"?` : 'use an ISO 3166-1 code, e.g. GB';
    context.addIssue({ code: 'custom', message: `there is no country "${code}"`, params: { hint } });
  })
  .describe('Country code (ISO 3166-1 alpha-2), e.g. `GB`.');

/** One or several; always a list after parsing. */
export function oneOrMore<Schema extends z.ZodType>(item: Schema) {
  return z.union([item, z.array(item).min(1, 'must not be empty')]).transform((given) => {
    return Array.isArray(given) ? given : [given];
  });
}

/** A section that refuses keys it does not know. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape);
}
