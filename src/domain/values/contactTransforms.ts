import { isSupportedCountry, parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/min';
import { getDomain, getHostname } from 'tldts';
import { canonicalEmail } from './canonicalValue';
import { regionOf } from './countryRegion';
import { payloadPath, readPath, type PayloadPath } from '../mapping/payloadPath';
import { invalid, isEmptyFlow, noArguments, onText, plainText, textArgument } from './transformContract';
import type { TransformContext, TransformDefinition, TransformFault } from './transformContract';

export const contactTransforms: readonly TransformDefinition[] = [
  {
    name: 'email',
    doc: 'Folds an e-mail address to lower case and refuses what HubSpot would refuse.',
    args: noArguments,
    example: { args: {}, from: ' Ann.Lee@Example.ORG ', to: 'ann.lee@example.org' },
    bind: () => onText(email),
  },
  {
    name: 'e164',
    doc: 'A phone number as +441632960961. A national number needs a region: from the payload, the argument or the stream.',
    args: [
      {
        name: 'region',
        type: 'text',
        required: false,
        doc: 'ISO code or English name of the country, e.g. GB.',
      },
      {
        name: 'regionFrom',
        type: 'text',
        required: false,
        doc: 'Payload path of the country; it is asked first.',
      },
      {
        name: 'keepExtension',
        type: 'flag',
        required: false,
        doc: 'Appends an extension as x5; without it, it is dropped.',
      },
    ],
    shorthand: 'region',
    example: { args: { region: 'GB' }, from: '020 7946 0958', to: '+442079460958' },
    check: (args) => {
      const region = textArgument(args, 'region');
      return region === undefined || phoneRegion(region)
        ? []
        : ['region must be an ISO country code, e.g. GB'];
    },
    bind: e164Step,
  },
  {
    name: 'domain',
    doc: 'The host of a web or e-mail address without `www.`; with `registrable: true` its registered domain only.',
    args: [
      {
        name: 'registrable',
        type: 'flag',
        required: false,
        doc: 'shop.example.co.uk becomes example.co.uk.',
      },
    ],
    example: { args: {}, from: 'https://WWW.Example.co.uk/about', to: 'example.co.uk' },
    bind: (args) => onText((text) => domain(text, args['registrable'] === true)),
  },
];

const localPart = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const hostName =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;
/** Zero-width characters that copying from a web page leaves behind. */
const invisible = /[\u200B-\u200D\u2060\uFEFF]/g;

function email(text: string): string | TransformFault {
  const folded = canonicalEmail(text.replace(invisible, '')).replace(/^mailto:/, '');
  const at = folded.lastIndexOf('@');
  if (at < 1) return invalid('is no e-mail address');
  const local = folded.slice(0, at);
  const host = asciiHost(folded.slice(at + 1));
  if (local.length > 64 || !localPart.test(local))
    return invalid('is no e-mail address: the part before the @');
  if (host === null || !hostName.test(host)) return invalid('is no e-mail address: the part behind the @');
  return `${local}@${host}`;
}

/** Lower case, international names in their ASCII form, so that both spellings are one. */
function asciiHost(host: string): string | null {
  const lower = host.toLowerCase().replace(/\.$/, '');
  if (/^[\x00-\x7f]*$/.test(lower)) return lower;
  return URL.canParse(`http://${lower}`) ? new URL(`http://${lower}`).hostname : null;
}

function domain(text: string, registrable: boolean): string | TransformFault {
  const trimmed = text.trim();
  if (/\s/.test(trimmed)) return invalid('is no web address: it contains spaces');
  const host = asciiHost(getHostname(trimmed) ?? '');
  if (host === null || !hostName.test(host)) return invalid('is no web or e-mail address');
  const bare = host.startsWith('www.') && host.indexOf('.', 4) !== -1 ? host.slice(4) : host;
  if (!registrable) return bare;
  // Private suffixes (github.io, wordpress.com) count: their customers are different companies.
  return getDomain(bare, { allowPrivateDomains: true }) ?? bare;
}

function e164Step(args: Record<string, unknown>) {
  const region = textArgument(args, 'region');
  const fixed = region === undefined ? null : phoneRegion(region);
  const regionFrom = textArgument(args, 'regionFrom');
  const from = regionFrom === undefined ? null : payloadPath(regionFrom);
  const keepExtension = args['keepExtension'] === true;
  return onText((text, context) => e164(text, numberRegion(context, from, fixed), keepExtension));
}

/** undefined: no region is known; null: the payload names a country that nobody knows. */
function numberRegion(context: TransformContext, from: PayloadPath | null, fixed: CountryCode | null) {
  const named = from === null ? undefined : readPath(context.payload, from);
  if (named !== undefined && !isEmptyFlow(named)) return phoneRegion(plainText(named) ?? '');
  if (fixed !== null) return fixed;
  return context.defaultRegion === undefined ? undefined : (phoneRegion(context.defaultRegion) ?? undefined);
}

function phoneRegion(text: string): CountryCode | null {
  const region = regionOf(text);
  return region !== null && isSupportedCountry(region) ? region : null;
}

function e164(
  text: string,
  region: CountryCode | null | undefined,
  keepExtension: boolean,
): string | TransformFault {
  // 00 is how most of the world writes +; no country has national numbers that begin so.
  const number = text
    .trim()
    .replace(/^tel:/i, '')
    .replace(/^00(?=[1-9])/, '+');
  const parsed = parsePhoneNumberFromString(
    number,
    region ? { defaultCountry: region, extract: false } : { extract: false },
  );
  if (parsed?.isValid())
    return keepExtension && parsed.ext ? `${parsed.number}x${parsed.ext}` : parsed.number;
  if (parsed || number.startsWith('+') || region) return invalid('is no valid phone number');
  return invalid(
    region === null
      ? 'is a national phone number of an unknown country'
      : 'is a national phone number without a country',
  );
}
