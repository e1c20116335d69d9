import { z } from 'zod';
import type { ConfigPath } from './rawNode';

/**
 * The keys a section may have, for "did you mean". Follows the path through the schema beside the data, which
 * decides between the alternatives (kinds of source, ways of paging). Out: [] where nothing is known.
 */
export function knownKeys(schema: z.core.$ZodType, data: unknown, path: ConfigPath): string[] {
  const inner = unwrapped(schema, data);
  const [step, ...rest] = path;
  if (inner instanceof z.ZodObject) {
    if (step === undefined) return Object.keys(inner.shape);
    const member = inner.shape[String(step)];
    return member ? knownKeys(member, memberOf(data, step), rest) : [];
  }
  if (step === undefined) return [];
  if (inner instanceof z.ZodRecord) return knownKeys(inner.def.valueType, memberOf(data, step), rest);
  if (inner instanceof z.ZodArray) return knownKeys(inner.def.element, memberOf(data, step), rest);
  return [];
}

/** Takes off defaults and transformations, and chooses among alternatives by what the data looks like. */
function unwrapped(schema: z.core.$ZodType, data: unknown): z.core.$ZodType {
  if (schema instanceof z.ZodPipe) return unwrapped(schema.def.in, data);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrapped(schema.def.innerType, data);
  }
  if (!(schema instanceof z.ZodUnion)) return schema;
  const options = schema.def.options.map((option) => unwrapped(option, data));
  return options.find((option) => suits(option, schema, data)) ?? schema;
}

function suits(option: z.core.$ZodType, union: z.ZodUnion, data: unknown): boolean {
  if (Array.isArray(data)) return option instanceof z.ZodArray;
  if (!(option instanceof z.ZodObject)) return option instanceof z.ZodRecord && typeof data === 'object';
  if (!(union instanceof z.ZodDiscriminatedUnion)) return typeof data === 'object';
  const { discriminator } = union.def;
  return option.shape[discriminator]?.safeParse(memberOf(data, discriminator)).success === true;
}

function memberOf(data: unknown, key: string | number): unknown {
  return typeof data === 'object' && data !== null
    ? (data as Record<string | number, unknown>)[key]
    : undefined;
}
