import type { PropertyType } from '../domain/record';
import type { HubSpotProperty } from './schemas';

/** Longest string HubSpot stores (facts §6). */
export const stringLengthMax = 65_536;

/** Which input fields a type may be created with (facts §6). */
export const fieldTypesOf: Readonly<Record<string, readonly string[]>> = {
  string: ['text', 'textarea', 'html', 'file', 'phonenumber', 'calculation_equation'],
  number: ['number', 'calculation_equation'],
  bool: ['booleancheckbox', 'calculation_equation'],
  enumeration: ['select', 'radio', 'checkbox', 'booleancheckbox', 'calculation_equation'],
  date: ['date'],
  datetime: ['date'],
  phone_number: ['phonenumber'],
};

/** The domain's type of a HubSpot property: a checkbox enumeration holds several values. Unknown types are strings. */
export function propertyTypeOf(property: Pick<HubSpotProperty, 'type' | 'fieldType'>): PropertyType {
  switch (property.type) {
    case 'enumeration':
      return property.fieldType === 'checkbox' ? 'multiEnumeration' : 'enumeration';
    case 'number':
    case 'bool':
    case 'date':
    case 'datetime':
    case 'phone_number':
      return property.type;
    default:
      return 'string';
  }
}

/** HubSpot refuses values for it: calculated, or read-only in this portal (facts §6). */
export function isReadOnly(property: HubSpotProperty): boolean {
  return property.calculated === true || property.modificationMetadata?.readOnlyValue === true;
}

/** The values an enumeration takes, or null when HubSpot does not list them (owners and other references). */
export function allowedValues(property: HubSpotProperty): Set<string> | null {
  if (property.type === 'bool') return new Set(['true', 'false']);
  if (property.type !== 'enumeration') return null;
  if (property.externalOptions === true || property.referencedObjectType) return null;
  const options = property.options ?? [];
  return options.length === 0 ? null : new Set(options.map((option) => option.value));
}

/** What may be written into a property when a map says that it makes values of `made`. */
const accepts: Readonly<Record<PropertyType, readonly PropertyType[]>> = {
  string: ['string', 'number', 'bool', 'enumeration', 'multiEnumeration', 'date', 'datetime', 'phone_number'],
  phone_number: ['phone_number', 'string'],
  // a text may hold a number, a date …: that is decided value by value when records are mapped
  number: ['number', 'string'],
  bool: ['bool', 'string', 'enumeration'],
  enumeration: ['enumeration', 'string', 'bool', 'number'],
  multiEnumeration: ['multiEnumeration', 'enumeration', 'string', 'bool', 'number'],
  date: ['date', 'string'],
  datetime: ['datetime', 'date', 'string'],
};

export function mayHold(property: PropertyType, made: PropertyType): boolean {
  return accepts[property].includes(made);
}
