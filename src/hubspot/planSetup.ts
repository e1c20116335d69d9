import { tributaryIdProperty } from '../domain/record';
import type { PropertyDefinition } from './properties';
import { fieldTypesOf } from './propertyTypes';
import type { HubSpotProperty, PropertyGroup } from './schemas';

/** HubSpot's maximum of unique properties per object type (facts §6). */
const uniquePropertiesMax = 10;

/** The group that holds what we create, unless the configuration names another. */
const tributaryGroup = { name: 'tributary', label: 'Tributary' } as const;

/** Our own key (DESIGN §5.6): new records are upserted by it, so a repeated write makes no second record. */
export const tributaryIdDefinition: PropertyDefinition = {
  name: tributaryIdProperty,
  label: 'Tributary ID',
  description:
    'Key of the master record in Tributary. Set by Tributary on records that it creates. Do not edit.',
  type: 'string',
  fieldType: 'text',
  groupName: tributaryGroup.name,
  hasUniqueValue: true,
};

/** A property from the configuration; without a group it goes into ours. */
export type WantedProperty = Omit<PropertyDefinition, 'groupName'> & { groupName?: string };

export interface SetupObject {
  objectType: string;
  /** What the configuration wants besides `tributary_id`. */
  wanted: readonly WantedProperty[];
  existing: readonly HubSpotProperty[];
  groups: readonly PropertyGroup[];
}

export interface SetupFault {
  objectType: string;
  property: string;
  message: string;
  hint: string | null;
}

export interface SetupPlan {
  groups: { objectType: string; name: string; label: string }[];
  properties: { objectType: string; property: PropertyDefinition }[];
  /** What a person must settle first; a faulty property is not in `properties`. */
  faults: SetupFault[];
}

/**
 * Which groups and properties `setup` must create. Pure: compares what is wanted (`tributary_id` on every object
 * type, and the configured properties) with what the portal has. Planning again after applying plans nothing.
 */
export function planSetup(objects: readonly SetupObject[]): SetupPlan {
  const plan: SetupPlan = { groups: [], properties: [], faults: [] };
  for (const object of objects) planObject(object, plan);
  return plan;
}

function planObject(object: SetupObject, plan: SetupPlan): void {
  const { objectType } = object;
  const existing = new Map(object.existing.map((property) => [property.name, property]));
  const groups = new Set(object.groups.map((group) => group.name));
  const fault = (property: string, message: string, hint: string | null = null) =>
    plan.faults.push({ objectType, property, message, hint });
  const planned = new Set<string>();
  let uniqueCount = object.existing.filter((item) => item.hasUniqueValue && !item.hubspotDefined).length;

  for (const wanted of [tributaryIdDefinition, ...object.wanted]) {
    const property: PropertyDefinition = { ...wanted, groupName: wanted.groupName ?? tributaryGroup.name };
    if (planned.has(property.name)) {
      fault(property.name, 'stands twice in the configuration');
      continue;
    }
    planned.add(property.name);
    const present = existing.get(property.name);
    if (present) {
      const difference = differs(property, present);
      if (difference) fault(property.name, difference.message, difference.hint);
      continue;
    }
    const wrong = wrongDefinition(property);
    if (wrong !== null) {
      fault(property.name, wrong);
      continue;
    }
    if (property.hasUniqueValue && (uniqueCount += 1) > uniquePropertiesMax) {
      fault(
        property.name,
        `HubSpot allows ${uniquePropertiesMax} unique properties on ${objectType}, and they are used up`,
        'delete an unused unique property in HubSpot, or do not make this one unique',
      );
      continue;
    }
    if (!groups.has(property.groupName)) {
      const label = property.groupName === tributaryGroup.name ? tributaryGroup.label : property.groupName;
      plan.groups.push({ objectType, name: property.groupName, label });
      groups.add(property.groupName);
    }
    plan.properties.push({ objectType, property });
  }
}

/** What is there already but cannot serve: neither type nor uniqueness can be changed later. */
function differs(
  wanted: PropertyDefinition,
  present: HubSpotProperty,
): { message: string; hint: string | null } | null {
  if (present.type !== wanted.type) {
    return {
      message: `exists in HubSpot with type ${present.type}, wanted is ${wanted.type}`,
      hint: 'choose another name, or change the configuration to the type it has',
    };
  }
  if (wanted.hasUniqueValue && present.hasUniqueValue !== true) {
    return {
      message: 'exists in HubSpot but is not unique, and HubSpot sets that only at creation',
      hint: 'delete the property in HubSpot (or rename yours) and run setup again',
    };
  }
  const has = new Set((present.options ?? []).map((option) => option.value));
  const missing = (wanted.options ?? []).filter((option) => !has.has(option.value));
  if (missing.length > 0) {
    return {
      message: `exists in HubSpot without the options ${missing.map((item) => `'${item.value}'`).join(', ')}`,
      hint: 'add these options in HubSpot',
    };
  }
  return null;
}

/** What HubSpot would refuse, said before asking it. */
function wrongDefinition(property: PropertyDefinition): string | null {
  if (!/^[a-z][a-z0-9_]{0,99}$/.test(property.name)) {
    return 'a name is lower-case letters, digits and underscores, begins with a letter, 100 at most';
  }
  const fieldTypes = fieldTypesOf[property.type];
  if (!fieldTypes) return `unknown type '${property.type}' (one of ${Object.keys(fieldTypesOf).join(', ')})`;
  if (!fieldTypes.includes(property.fieldType)) {
    return `type ${property.type} takes the field types ${fieldTypes.join(', ')}, not '${property.fieldType}'`;
  }
  if (property.type === 'enumeration' && (property.options ?? []).length === 0)
    return 'an enumeration needs options';
  return null;
}
