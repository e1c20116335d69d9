import { canonicalProperty, type PropertyShape } from '../values/canonicalValue';
import { compileExpression, type CompiledExpression } from '../values/expression';
import { payloadPath, readPath, type PayloadPath } from './payloadPath';
import type { JsonObject, RecordFault } from '../record';
import { isOption } from '../values/referenceTransforms';
import type { FieldMap, ObjectRules, StreamMap } from '../rules';
import { isEmptyFlow, isFault, type Flow, type TransformContext } from '../values/transformContract';
import { bindTransform, type BoundTransform } from '../values/transforms';

/** One field map ready to run. */
export interface CompiledField {
  shape: PropertyShape;
  map: FieldMap;
  paths: PayloadPath[];
  expression: CompiledExpression | null;
  transforms: BoundTransform[];
}

const compiledMaps = new WeakMap<StreamMap, { rules: ObjectRules; fields: CompiledField[] }>();

/**
 * The fields of a stream's map, compiled once for as long as the two configuration objects live.
 * Throws on what the configuration's check refuses: unknown transforms, wrong arguments or expressions.
 */
export function compiledFields(map: StreamMap, rules: ObjectRules): CompiledField[] {
  const known = compiledMaps.get(map);
  if (known?.rules === rules) return known.fields;
  const fields = map.fields.map((field) => compileField(field, rules));
  compiledMaps.set(map, { rules, fields });
  return fields;
}

function compileField(map: FieldMap, rules: ObjectRules): CompiledField {
  const rule = rules.fields.find(({ property }) => property === map.property);
  return {
    shape: { property: map.property, type: rule?.type ?? 'string' },
    map,
    paths: map.from.map(payloadPath),
    expression: map.expression === undefined ? null : compileExpression(map.expression),
    transforms: map.transforms.map(bindTransform),
  };
}

/**
 * One field of one record as a canonical value. '' only where an explicit empty value clears; undefined where
 * the value is unknown, or cannot be mapped (then a fault says why).
 */
export function mapField(
  field: CompiledField,
  context: TransformContext,
  faults: RecordFault[],
): string | undefined {
  context.property = field.map.property;
  let flow: Flow;
  if (field.expression) {
    const result = field.expression(context.payload);
    if (!result.ok) return addFault(field, 'invalidValue', result.reason, faults);
    flow = result.value ?? field.map.defaultValue;
  } else flow = rawValue(field, context.payload);

  for (const transform of field.transforms) {
    if (isEmptyFlow(flow) && !transform.onMissing) continue;
    const result = transform.run(flow ?? null, context);
    if (isFault(result)) return addFault(field, result.kind, result.reason, faults);
    flow = result;
  }
  if (flow === undefined || flow === null) return undefined;
  if (isEmptyFlow(flow)) return field.map.emptyClears ? '' : undefined;
  return canonicalField(field, flow, context, faults);
}

/** The first path with a value; else an explicit empty one, where that clears; else the default. */
function rawValue({ paths, map }: CompiledField, payload: JsonObject): Flow {
  let empty: Flow;
  for (const path of paths) {
    const value = readPath(payload, path);
    if (value === undefined || value === null) continue;
    if (!isEmptyFlow(value)) return value;
    empty = '';
  }
  return empty !== undefined && map.emptyClears ? empty : (map.defaultValue ?? empty);
}

function canonicalField(
  field: CompiledField,
  flow: Flow,
  context: TransformContext,
  faults: RecordFault[],
): string | undefined {
  const { shape } = field;
  const result = canonicalProperty(shape, flow, context);
  if (!result.ok) return addFault(field, 'invalidValue', result.reason, faults);
  if (result.value === '') return field.map.emptyClears ? '' : undefined;
  // HubSpot refuses a whole record for one unknown option (facts §6: INVALID_OPTION), so it is asked first.
  const options =
    shape.type === 'enumeration'
      ? [result.value]
      : shape.type === 'multiEnumeration'
        ? result.value.split(';')
        : [];
  if (options.every((option) => isOption(context.reference, shape.property, option))) return result.value;
  return addFault(field, 'unresolvedReference', `is no option of '${shape.property}' in the portal`, faults);
}

function addFault(
  { map }: CompiledField,
  kind: RecordFault['kind'],
  reason: string,
  faults: RecordFault[],
): undefined {
  const where = map.from.length > 0 && map.expression === undefined ? ` of '${map.from.join("' or '")}'` : '';
  faults.push({ kind, field: map.property, reason: `The value${where} ${reason}` });
}
