import type { Owner } from '../account/referenceData';
import type { PropertyDefinition } from '../account/propertyDefinition';
import type { Switches } from '../switches';

/** A value in stored form, or the code and text of HubSpot's refusal (facts 3.5, 6). */
export type Checked = { value: string } | { code: string; message: string };

/** String values hold at most this many characters (facts 6). */
const textLengthMax = 65_536;

// A lone surrogate is matched by the u flag only when it is not half of a pair.
const unstorable = /[\0]|[\uD800-\uDFFF]/u;
const emailShape = /^[^\s@<>(),;:"[\]\\]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*[a-z0-9]$/i;
const numberShape = /^-?(\d+\.?\d*|\.\d+)$/;
const dayShape = /^(\d{4})-(\d{2})-(\d{2})$/;
const instantShape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;
const urlShape = /https?:\/\/|www\./i;
const domainShape = /^[a-z0-9\u0080-\uffff-]+(\.[a-z0-9\u0080-\uffff-]+)+$/i;

const refuse = (code: string, message: string): Checked => ({ code, message });

/**
 * Checks one non-empty value against its property and brings it to stored form. `held` is the current value
 * (a leading `;` appends to it).
 */
export function checkValue(
  property: PropertyDefinition,
  raw: string,
  held: string,
  world: { owners: ReadonlyMap<string, Owner>; switches: Switches },
): Checked {
  if (unstorable.test(raw)) {
    return refuse(
      'INVALID_CHARACTERS',
      `Property "${property.name}" contains characters that cannot be stored`,
    );
  }
  switch (property.type) {
    case 'number':
      return checkNumber(raw.trim(), world.switches);
    case 'bool':
      return checkBool(raw.trim().toLowerCase());
    case 'date':
      return checkDate(raw.trim());
    case 'datetime':
      return checkDatetime(raw.trim());
    case 'enumeration':
      return property.externalOptions ? checkOwner(raw, world.owners) : checkOptions(property, raw, held);
    default:
      return checkText(property.name, raw);
  }
}

function checkText(name: string, raw: string): Checked {
  if (raw.length > textLengthMax) {
    return refuse(
      'MAX_LENGTH',
      `Property "${name}" is too long: ${raw.length} characters, at most ${textLengthMax}`,
    );
  }
  if (name === 'email') return checkEmail(raw);
  if (name === 'domain') {
    const domain = raw.trim().toLowerCase();
    return domainShape.test(domain)
      ? { value: domain }
      : refuse('INVALID_DOMAIN', `Domain ${raw} is invalid`);
  }
  if ((name === 'firstname' || name === 'lastname') && urlShape.test(raw)) {
    return refuse('CONTAINS_URL', `${name} contains a URL`);
  }
  return { value: raw };
}

/** E-mail addresses are trimmed and folded to lower case. */
function checkEmail(raw: string): Checked {
  const email = raw.trim().toLowerCase();
  const local = email.slice(0, email.lastIndexOf('@'));
  const dots = local.startsWith('.') || local.endsWith('.') || email.includes('..');
  if (emailShape.test(email) && !dots && email.length <= 254) return { value: email };
  return refuse('INVALID_EMAIL', `Email address ${raw} is invalid`);
}

function checkNumber(raw: string, switches: Switches): Checked {
  if (!numberShape.test(raw)) return refuse('INVALID_INTEGER', `${raw} was not a valid number.`);
  return { value: switches.numbersNormalized ? normalNumber(raw) : raw };
}

/** "007.50" as "7.5", without going through floating point. */
function normalNumber(raw: string): string {
  const sign = raw.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = raw.replace('-', '').split('.');
  const left = whole.replace(/^0+(?=\d)/, '') || '0';
  const right = fraction.replace(/0+$/, '');
  const text = right ? `${left}.${right}` : left;
  return text === '0' ? '0' : sign + text;
}

function checkBool(raw: string): Checked {
  if (raw === 'true' || raw === 'false') return { value: raw };
  return refuse('INVALID_OPTION', `${raw} was not one of the allowed options: [true, false]`);
}

/** `YYYY-MM-DD`, or epoch milliseconds at midnight UTC. Stored as the day. */
function checkDate(raw: string): Checked {
  if (/^-?\d+$/.test(raw) && raw.length > 4) {
    const time = new Date(Number(raw));
    if (Number.isNaN(time.getTime())) return refuse('INVALID_DATE', `${raw} was not a valid date.`);
    const iso = time.toISOString();
    if (Number(raw) % 86_400_000 === 0) return { value: iso.slice(0, 10) };
    const [hours, minutes, rest = ''] = iso.slice(11, -1).split(':');
    return refuse('INVALID_DATE', `${raw} is at ${Number(hours)}:${minutes}:${rest} UTC, not midnight!`);
  }
  const parts = dayShape.exec(raw);
  if (!parts || !isDay(raw)) return refuse('INVALID_DATE', `${raw} was not a valid date.`);
  return { value: raw };
}

function isDay(text: string): boolean {
  const time = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().slice(0, 10) === text;
}

/** ISO 8601 with a zone, a plain day, or epoch milliseconds. Stored as ISO with milliseconds. */
function checkDatetime(raw: string): Checked {
  let time: Date | undefined;
  if (/^-?\d+$/.test(raw) && raw.length > 4) time = new Date(Number(raw));
  else if (instantShape.test(raw) && isDay(raw.slice(0, 10))) time = new Date(raw);
  else if (dayShape.test(raw) && isDay(raw)) time = new Date(`${raw}T00:00:00Z`);
  if (!time || Number.isNaN(time.getTime())) return refuse('INVALID_DATE', `${raw} was not a valid date.`);
  return { value: time.toISOString() };
}

function checkOwner(raw: string, owners: ReadonlyMap<string, Owner>): Checked {
  const owner = owners.get(raw);
  if (owner && !owner.archived) return { value: raw };
  return refuse('INVALID_OWNER_ID', `Owner ${raw} does not exist or is not active`);
}

/** Internal values, case-sensitive; checkboxes take several joined by `;`, and a leading `;` appends. */
function checkOptions(property: PropertyDefinition, raw: string, held: string): Checked {
  // Without options: additional domains are free text, pipelines and stages are checked against the pipelines.
  const free = property.options.length === 0 && property.hubspotDefined;
  const allowed = (value: string): boolean =>
    free || property.options.some((option) => option.value === value);
  if (property.fieldType !== 'checkbox') return allowed(raw) ? { value: raw } : invalidOption(property, raw);
  const appends = raw.startsWith(';');
  const values = raw.split(';').filter((value) => value !== '');
  const wrong = values.find((value) => !allowed(value));
  if (wrong !== undefined) return invalidOption(property, wrong);
  const before = appends && held !== '' ? held.split(';') : [];
  return { value: [...new Set([...before, ...values])].join(';') };
}

function invalidOption(property: PropertyDefinition, value: string): Checked {
  const options = property.options.map((option) => `label: "${option.label}" value: "${option.value}"`);
  return refuse('INVALID_OPTION', `${value} was not one of the allowed options: [${options.join(', ')}]`);
}
