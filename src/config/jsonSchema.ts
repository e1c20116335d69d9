import { z } from 'zod';
import { transformDefinitions } from '../domain/values/transforms';
import type { ArgumentType, TransformDefinition } from '../domain/values/transformContract';
import { configSchema } from './schema';

/** A JSON Schema, or a part of one. */
export type JsonSchema = { [key: string]: unknown };

/**
 * The configuration file as JSON Schema (draft 7, which editors understand best), made from the zod schema; the
 * steps of field maps list the real transforms with their arguments, so that editors complete them.
 */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
  }) as JsonSchema;
  const definitions = schema['definitions'] as Record<string, JsonSchema>;
  const step = definitions['transformStep'];
  definitions['transformStep'] = { ...step, anyOf: [bareNames(), withArguments()] };
  return { ...schema, title: 'tributary.config.yaml' };
}

function bareNames(): JsonSchema {
  const names = transformDefinitions.filter(({ args }) => args.every(({ required }) => !required));
  return {
    type: 'string',
    enum: names.map(({ name }) => name),
    description: 'A transform without arguments.',
  };
}

function withArguments(): JsonSchema {
  return {
    type: 'object',
    description: 'A transform with its arguments.',
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: false,
    properties: Object.fromEntries(
      transformDefinitions.map((definition) => [definition.name, argumentsSchema(definition)]),
    ),
  };
}

function argumentsSchema({ doc, args, shorthand }: TransformDefinition): JsonSchema {
  const named: JsonSchema = {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      args.map((argument) => [
        argument.name,
        { ...argumentSchemas[argument.type], description: argument.doc },
      ]),
    ),
    ...(args.some(({ required }) => required)
      ? { required: args.filter(({ required }) => required).map(({ name }) => name) }
      : {}),
  };
  const short = args.find(({ name }) => name === shorthand);
  if (!short) return { ...named, description: doc };
  return { description: doc, anyOf: [named, { ...argumentSchemas[short.type], description: short.doc }] };
}

const plain: JsonSchema = { type: ['string', 'number', 'boolean'] };
const argumentSchemas: Record<ArgumentType, JsonSchema> = {
  text: { type: 'string' },
  number: { type: 'number' },
  flag: { type: 'boolean' },
  list: { anyOf: [{ type: 'string' }, { type: 'array', items: plain }] },
  map: { type: 'object', additionalProperties: plain },
  value: plain,
  place: { anyOf: [{ enum: ['first', 'last', 'rest'] }, { type: 'integer' }] },
};
