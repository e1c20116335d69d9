import type { FieldMap } from '../domain/rules';
import { pathText } from './rawNode';
import type { TributaryConfig } from './schema';
import { toStreamMaps } from './toRules';

/** One field map as `check` compares it with the portal: where it stands, and what it can make if that is known. */
export interface MappedPropertyOrigin {
  path: string;
  property: string;
  outputs?: readonly string[];
}

/** Every field map that fills a property of this object, in the order of the file. */
export function mappedPropertiesOf(config: TributaryConfig, objectType: string): MappedPropertyOrigin[] {
  return toStreamMaps(config)
    .filter((stream) => stream.objectType === objectType)
    .flatMap(({ source, stream, fields }) =>
      fields.map((field) => {
        const path = pathText(['sources', source, 'streams', stream, 'map', field.property]);
        const outputs = knownOutputs(field);
        return outputs ? { path, property: field.property, outputs } : { path, property: field.property };
      }),
    );
}

/** What a map can make at most: a constant, or the values of a closing `enum`. null where anything may come. */
function knownOutputs(field: FieldMap): string[] | null {
  const last = field.transforms.at(-1);
  if (!last) {
    const isConstant = field.from.length === 0 && field.expression === undefined;
    return isConstant && field.defaultValue !== undefined ? [field.defaultValue] : null;
  }
  if (last.name !== 'enum') return null;
  const { map, otherwise } = last.args as { map?: Record<string, unknown>; otherwise?: unknown };
  const values = [...Object.values(map ?? {}), ...(otherwise === undefined ? [] : [otherwise])];
  return values.map(String);
}
