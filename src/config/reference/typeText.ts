import { durationPattern } from '../durations';
import type { JsonSchema } from '../jsonSchema';

/** How a value is called in the reference: its kind, possible words and bounds, in a few words of Markdown. */
export function typeText(schema: JsonSchema): string {
  if ('const' in schema) return code(schema['const']);
  if (Array.isArray(schema['enum'])) return schema['enum'].map(code).join(', ');
  const alternatives = (schema['anyOf'] ?? schema['oneOf']) as JsonSchema[] | undefined;
  if (alternatives) return [...new Set(alternatives.map(typeText))].join(' or ');
  if (typeof schema['$ref'] === 'string') return referenceText(schema['$ref']);
  const { type } = schema;
  if (Array.isArray(type)) return type.map((name) => plainNames[String(name)] ?? String(name)).join(' or ');
  if (type === 'string') return stringText(schema);
  if (type === 'integer' || type === 'number') return numberText(schema);
  if (type === 'array') return `list of: ${typeText((schema['items'] ?? {}) as JsonSchema)}`;
  if (type === 'object') return schema['properties'] ? 'section' : 'map';
  return plainNames[String(type)] ?? 'any value';
}

const plainNames: Record<string, string> = {
  string: 'text',
  number: 'number',
  boolean: '`true` or `false`',
  null: 'nothing',
};

function referenceText(reference: string): string {
  if (reference.endsWith('/transformStep')) return 'transform';
  if (reference.endsWith('/fieldMap')) return 'path, or section';
  return 'any JSON';
}

function stringText({ pattern }: JsonSchema): string {
  if (pattern === durationPattern.source) return 'duration';
  return typeof pattern === 'string' && pattern.startsWith('^(env|file):') ? 'secret reference' : 'text';
}

function numberText(schema: JsonSchema): string {
  const name = schema['type'] === 'integer' ? 'whole number' : 'number';
  const least = (schema['minimum'] ?? schema['exclusiveMinimum']) as number | undefined;
  const most = schema['maximum'] as number | undefined;
  if (least === undefined || most === undefined || most >= Number.MAX_SAFE_INTEGER) return name;
  return `${name}, ${'minimum' in schema ? `${least}` : `above ${least}`} to ${most}`;
}

function code(value: unknown): string {
  return `\`${String(value)}\``;
}
