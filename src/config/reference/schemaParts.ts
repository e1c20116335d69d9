import type { JsonSchema } from '../jsonSchema';

/** A part with its reference (`#/definitions/…`) followed. */
export function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const name = /^#\/definitions\/(.+)$/.exec(asText(schema['$ref']))?.[1];
  const definitions = (root['definitions'] ?? {}) as Record<string, JsonSchema>;
  return (name === undefined ? undefined : definitions[name]) ?? schema;
}

/** The alternatives of a part that are sections; a plain section is its own only one. */
export function alternatives(schema: JsonSchema, root: JsonSchema): JsonSchema[] {
  const inner = resolved(schema, root);
  const options = (inner['oneOf'] ?? inner['anyOf']) as JsonSchema[] | undefined;
  return (options ?? [inner])
    .map((option) => resolved(option, root))
    .filter((option) => 'properties' in option);
}

/** The section behind a key: itself, each member of a map, or each item of a list; null where there is none. */
export function memberOf(
  property: JsonSchema,
  root: JsonSchema,
): { step: string; schema: JsonSchema } | null {
  const inner = resolved(property, root);
  const ways: [step: string, schema: unknown][] = [
    ['.<name>', inner['additionalProperties']],
    ['[]', inner['items']],
    ['', inner],
  ];
  for (const [step, schema] of ways) {
    if (typeof schema !== 'object' || schema === null) continue;
    const part = schema as JsonSchema;
    // Transforms have a table of their own.
    if (part['$ref'] === '#/definitions/transformStep') return null;
    if (alternatives(part, root).length > 0) return { step, schema: part };
  }
  return null;
}

/** The properties that all variants have alike. */
export function commonProperties(variants: JsonSchema[]): Record<string, JsonSchema> {
  const [first, ...others] = variants.map(propertiesOf);
  const alike = Object.entries(first ?? {}).filter(([name, property]) =>
    others.every((other) => JSON.stringify(other[name]) === JSON.stringify(property)),
  );
  return Object.fromEntries(alike);
}

/** `kind: sql` */
export function variantName(variant: JsonSchema): string {
  const [name, value] = Object.entries(propertiesOf(variant)).find(([, property]) => 'const' in property) ?? [
    '',
    {},
  ];
  return `${name}: ${String(value['const'])}`;
}

export function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  return (schema['properties'] ?? {}) as Record<string, JsonSchema>;
}

export function requiredOf(schema: JsonSchema): string[] {
  return (schema['required'] ?? []) as string[];
}

/** A member that is text, or '' where it is not. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
