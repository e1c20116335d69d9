import type { TributaryConfig } from './schema';
import type { CustomPropertyConfig } from './schema/objects';

/** A property as `setup` creates it, in HubSpot's own words (facts §6). `tributary_id` is added by `setup` itself. */
export interface CustomPropertyRequest {
  name: string;
  label: string;
  type: string;
  fieldType: string;
  /** Absent: Tributary's own group. */
  groupName?: string;
  hasUniqueValue?: boolean;
  description?: string;
  options?: { label: string; value: string }[];
}

const plainestFieldType: Record<CustomPropertyConfig['type'], string> = {
  string: 'text',
  number: 'number',
  bool: 'booleancheckbox',
  enumeration: 'select',
  date: 'date',
  datetime: 'date',
  phone_number: 'phonenumber',
};

/** HubSpot wants the two values of a bool spelled out. */
const boolOptions = [
  { label: 'Yes', value: 'true' },
  { label: 'No', value: 'false' },
];

/** The configured properties of an object that `setup` creates where they are missing, in the order of the file. */
export function customPropertiesOf(config: TributaryConfig, objectType: string): CustomPropertyRequest[] {
  return Object.entries(config.objects[objectType]?.properties ?? {}).map(([name, property]) => {
    const options = property.options ?? (property.type === 'bool' ? boolOptions : undefined);
    return {
      name,
      label: property.label,
      type: property.type,
      fieldType: property.fieldType ?? plainestFieldType[property.type],
      ...(property.group === undefined ? {} : { groupName: property.group }),
      ...(property.unique ? { hasUniqueValue: true } : {}),
      ...(property.description === undefined ? {} : { description: property.description }),
      ...(options === undefined ? {} : { options }),
    };
  });
}
