import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { configJsonSchema } from '../../src/config/jsonSchema';
import { configurationPage } from '../../src/config/reference/configurationPage';
import { generatedDocs } from '../../src/config/writeJsonSchema';
import { faultsOf } from './baseConfig';

const projectFolder = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(projectFolder, file), 'utf8');

describe('the generated documentation', () => {
  test.each(generatedDocs(projectFolder))(
    '$file is up to date (else: node dist/config/writeJsonSchema.js)',
    ({ file, text }) => {
      expect(read(file)).toBe(text);
    },
  );

  test('every key of the schema has a description', () => {
    const bare: string[] = [];
    visit(configJsonSchema(), '', bare);
    expect(bare).toEqual([]);
  });

  test('a page that lost its mark is not overwritten', () => {
    expect(() => configurationPage('# my own page')).toThrow(/lost its line/);
  });

  test('the example of the page is without faults', () => {
    const page = read('docs/configuration.md');
    const example = /## In one page\n\n```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    expect(faultsOf(example, { HUBSPOT_ACCESS_TOKEN: 'a', CRM_URL: 'b' })).toEqual([]);
  });
});

describe('the JSON Schema, as an editor uses it,', () => {
  const schema = z.fromJSONSchema(configJsonSchema());

  test.each(['tributary.config.yaml', 'test/config/second.config.yaml'])('accepts %s', (file) => {
    expect(schema.safeParse(parse(read(file))).error?.issues ?? []).toEqual([]);
  });

  test.each([
    ['an unknown key', (data: Data) => void (data['colour'] = 'red')],
    [
      'an unknown transform',
      (data: Data) =>
        void (data.sources['impact']!.streams['referrals']!.map['email'] = {
          from: 'email',
          transforms: ['emial'],
        }),
    ],
    ['a wrong kind', (data: Data) => void (data.sources['impact']!.kind = 'soap')],
  ])('refuses %s', (_name, spoil) => {
    const data = parse(read('tributary.config.yaml')) as Data;
    spoil(data);
    expect(schema.safeParse(data).success).toBe(false);
  });
});

interface Data {
  [key: string]: unknown;
  sources: Record<string, { kind: string; streams: Record<string, { map: Record<string, unknown> }> }>;
}

function visit(schema: unknown, path: string, bare: string[]): void {
  if (Array.isArray(schema)) schema.forEach((item, index) => visit(item, `${path}[${index}]`, bare));
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return;
  const { properties, ...rest } = schema as {
    properties?: Record<string, { description?: string; const?: unknown; $ref?: string }>;
  };
  for (const [name, property] of Object.entries(properties ?? {})) {
    if (!property.description && property.const === undefined && !property.$ref) bare.push(`${path}.${name}`);
    visit(property, `${path}.${name}`, bare);
  }
  for (const [name, part] of Object.entries(rest))
    visit(part, path || name === 'definitions' ? `${path}/${name}` : path, bare);
}
