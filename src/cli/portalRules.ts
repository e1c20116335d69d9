import type { TributaryConfig } from '../config/schema';
import { propertiesOf, toObjectRules, type PropertyTypes } from '../config/toRules';
import { currentConfigNumber } from '../db/staging/objectConfigs';
import type { Queryable } from '../db/pool';
import type { PlanInput } from '../db/staging/readPlan';
import { loadPortalReference, type PortalProperty } from '../db/staging/referenceData';
import { CliFailure } from './cliFailure';

const typesOfValues = new Set(['number', 'bool', 'enumeration', 'date', 'datetime', 'phone_number']);

/** The core's type of a portal's property: checkboxes hold several values, what is unknown is text. */
function propertyType({
  type,
  fieldType,
}: Pick<PortalProperty, 'type' | 'fieldType'>): PropertyTypes[string] {
  if (type === 'enumeration' && fieldType === 'checkbox') return 'multiEnumeration';
  return typesOfValues.has(type) ? (type as PropertyTypes[string]) : 'string';
}

/**
 * The rules of the configured objects, typed by the portal's own properties as they were last read: what delivery
 * works with. @throws CliFailure where the portal's properties were never read
 */
export async function portalRules(
  db: Queryable,
  config: TributaryConfig,
  portalId: string,
  objectTypes: readonly string[],
): Promise<PlanInput['objects']> {
  const objects: PlanInput['objects'] = [];
  for (const objectType of objectTypes) {
    const reference = await loadPortalReference(db, portalId, objectType);
    if (!reference) {
      throw new CliFailure(
        `the portal's properties of ${objectType} were never read`,
        1,
        'run `tributary check`',
      );
    }
    const types = Object.fromEntries(
      reference.properties.map((property) => [property.name, propertyType(property)]),
    );
    const number = await currentConfigNumber(db, portalId, objectType);
    objects.push({
      objectType,
      rules: toObjectRules(config, objectType, types, number),
      properties: propertiesOf(config, objectType).filter((property) => property in types),
    });
  }
  return objects;
}
