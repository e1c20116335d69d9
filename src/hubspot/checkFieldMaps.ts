import { distance } from 'fastest-levenshtein';
import type { PropertyType } from '../domain/record';
import { allowedValues, isReadOnly, mayHold, propertyTypeOf, stringLengthMax } from './propertyTypes';
import type { HubSpotProperty, PropertyValidation } from './schemas';
import { brokenRule } from './validationRules';

/** One field map as far as HubSpot is concerned. */
export interface MappedProperty {
  /** Where it stands in the configuration, for the person who reads the fault. */
  path: string;
  property: string;
  /** The type of value that the map's transforms make, if they make only one. */
  type?: PropertyType;
  /** Every value the map can make, where that is known (enum maps, constants). */
  outputs?: readonly string[];
}

export const fieldMapFaults = [
  'unknown',
  'readOnly',
  'wrongType',
  'unknownOption',
  'brokenRule',
  'tooLong',
] as const;
export interface FieldMapFault {
  objectType: string;
  path: string;
  property: string;
  fault: (typeof fieldMapFaults)[number];
  message: string;
  /** What to write instead, or null. */
  hint: string | null;
}

/**
 * Compares field maps with a portal's schema before anything is sent: unknown and read-only properties, types
 * that cannot fit, options that do not exist, validation rules and lengths that a known output breaks. Pure.
 *
 * Out: every fault at once, in the order of the maps; an empty list means that nothing is known against them.
 */
export function checkPropertyMaps(
  objectType: string,
  mapped: readonly MappedProperty[],
  properties: readonly HubSpotProperty[],
  validations: readonly PropertyValidation[],
): FieldMapFault[] {
  const byName = new Map(properties.map((property) => [property.name, property]));
  const rulesOf = new Map(validations.map((item) => [item.propertyName, item.propertyValidationRules]));
  const faults: FieldMapFault[] = [];
  for (const map of mapped) {
    const add = (fault: FieldMapFault['fault'], message: string, hint: string | null = null) =>
      faults.push({ objectType, path: map.path, property: map.property, fault, message, hint });
    const property = byName.get(map.property);
    if (!property) {
      add(
        'unknown',
        `HubSpot has no property '${map.property}' on ${objectType}`,
        nameHint(map.property, properties),
      );
      continue;
    }
    if (isReadOnly(property)) {
      add('readOnly', `HubSpot computes '${map.property}' itself and takes no value for it`);
      continue;
    }
    const type = propertyTypeOf(property);
    if (map.type !== undefined && !mayHold(type, map.type)) {
      add('wrongType', `'${map.property}' is of type ${type}, the map makes ${map.type}`);
      continue;
    }
    checkOutputs(map, property, rulesOf.get(map.property) ?? [], add);
  }
  return faults;
}

function checkOutputs(
  map: MappedProperty,
  property: HubSpotProperty,
  rules: PropertyValidation['propertyValidationRules'],
  add: (fault: FieldMapFault['fault'], message: string, hint?: string | null) => void,
): void {
  const allowed = allowedValues(property);
  const isMulti = propertyTypeOf(property) === 'multiEnumeration';
  for (const output of map.outputs ?? []) {
    if (output === '') continue; // clears
    if (allowed) {
      const values = isMulti ? output.split(';').filter((value) => value !== '') : [output];
      for (const value of values.filter((item) => !allowed.has(item))) {
        add('unknownOption', `'${map.property}' has no option '${value}'`, optionHint(value, property));
      }
      continue;
    }
    if (output.length > stringLengthMax) {
      add('tooLong', `a value for '${map.property}' is longer than ${stringLengthMax} characters`);
      continue;
    }
    const broken = brokenRule(rules, output);
    if (broken !== null)
      add('brokenRule', `'${output}' breaks a rule of '${map.property}' in HubSpot: ${broken}`);
  }
}

function nameHint(name: string, properties: readonly HubSpotProperty[]): string | null {
  const folded = fold(name);
  const labelled = properties.find((property) => fold(property.label ?? '') === folded);
  if (labelled) return `'${name}' is a label; the property is '${labelled.name}'`;
  const near = nearest(
    name,
    properties.map((property) => property.name),
  );
  return near === null ? null : `did you mean '${near}'?`;
}

function optionHint(value: string, property: HubSpotProperty): string | null {
  const options = (property.options ?? []).filter((option) => option.hidden !== true);
  const labelled = options.find((option) => fold(option.label ?? '') === fold(value));
  if (labelled) return `'${value}' is a label; the value is '${labelled.value}'`;
  const near = nearest(
    value,
    options.map((option) => option.value),
  );
  if (near !== null) return `did you mean '${near}'?`;
  const shown = options.slice(0, 10).map((option) => `'${option.value}'`);
  return shown.length === 0 ? null : `it has ${shown.join(', ')}${options.length > 10 ? ' …' : ''}`;
}

/**
 * The closest of `candidates`, if it is close enough to be a slip of the pen: two letters (swapped ones count as
 * two) or a third of them, never all.
 */
function nearest(wanted: string, candidates: readonly string[]): string | null {
  const folded = fold(wanted);
  let best: string | null = null;
  let bestDistance = Math.min(Math.max(2, Math.floor(folded.length / 3)), folded.length - 1) + 1;
  for (const candidate of candidates) {
    const found = distance(folded, fold(candidate));
    if (found < bestDistance) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
}

function fold(text: string): string {
  return text.toLowerCase().replace(/[\s_-]+/g, '');
}
