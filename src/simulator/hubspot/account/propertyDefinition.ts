/** One choice of an enumeration. */
export interface PropertyOption {
  label: string;
  value: string;
  displayOrder: number;
  hidden: boolean;
}

export const propertyTypes = [
  'bool',
  'date',
  'datetime',
  'enumeration',
  'number',
  'phone_number',
  'string',
] as const;
export type PropertyType = (typeof propertyTypes)[number];

/** A property as the properties API shows it (facts 6). Times are ISO. */
export interface PropertyDefinition {
  name: string;
  label: string;
  type: PropertyType;
  fieldType: string;
  description: string;
  groupName: string;
  options: PropertyOption[];
  displayOrder: number;
  calculated: boolean;
  externalOptions: boolean;
  referencedObjectType?: string;
  hasUniqueValue: boolean;
  hidden: boolean;
  hubspotDefined: boolean;
  formField: boolean;
  modificationMetadata: { archivable: boolean; readOnlyDefinition: boolean; readOnlyValue: boolean };
  dataSensitivity: string;
  archived: boolean;
  createdAt?: string;
  updatedAt?: string;
}

/** What may deviate from an ordinary writable text property. */
export interface PropertyTraits {
  label?: string;
  type?: PropertyType;
  fieldType?: string;
  groupName?: string;
  options?: readonly (string | readonly [value: string, label: string])[];
  readOnly?: boolean;
  calculated?: boolean;
  unique?: boolean;
  owner?: boolean;
  custom?: boolean;
}

const fieldTypeOf: Record<PropertyType, string> = {
  bool: 'booleancheckbox',
  date: 'date',
  datetime: 'date',
  enumeration: 'select',
  number: 'number',
  phone_number: 'phonenumber',
  string: 'text',
};

/** Builds a definition from its few deviations. */
export function defineProperty(name: string, traits: PropertyTraits = {}): PropertyDefinition {
  const type = traits.type ?? 'string';
  return {
    name,
    label: traits.label ?? name,
    type,
    fieldType: traits.fieldType ?? fieldTypeOf[type],
    description: '',
    groupName: traits.groupName ?? 'information',
    options: (traits.options ?? []).map((option, displayOrder) => {
      const [value, label] = typeof option === 'string' ? [option, option] : option;
      return { label, value, displayOrder, hidden: false };
    }),
    displayOrder: -1,
    calculated: traits.calculated ?? false,
    externalOptions: traits.owner ?? false,
    ...(traits.owner && { referencedObjectType: 'OWNER' }),
    hasUniqueValue: traits.unique ?? false,
    hidden: false,
    hubspotDefined: !traits.custom,
    formField: true,
    modificationMetadata: {
      archivable: traits.custom ?? false,
      readOnlyDefinition: !traits.custom,
      readOnlyValue: traits.readOnly ?? traits.calculated ?? false,
    },
    dataSensitivity: 'non_sensitive',
    archived: false,
  };
}
