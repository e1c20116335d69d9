import type { JsonSchema } from '../jsonSchema';
import {
  alternatives,
  asText,
  commonProperties,
  memberOf,
  propertiesOf,
  requiredOf,
  resolved,
  variantName,
} from './schemaParts';
import { typeText } from './typeText';

/** Deeper nesting than this is no configuration that a person writes. */
const depthMax = 12;

interface Page {
  root: JsonSchema;
  /** By path: keys that were told already because all kinds have them alike. */
  told: Map<string, Record<string, JsonSchema>>;
}

/** A part of the file: where it stands, and which alternative it is (`kind: sql`), if any. */
interface Section {
  path: string;
  variant: string[];
  depth: number;
}

/** The whole schema as Markdown: one heading and table per section, in the order of the file. */
export function schemaTables(root: JsonSchema): string {
  return sectionLines({ root, told: new Map() }, { path: '', variant: [], depth: 0 }, root).join('\n');
}

function sectionLines(page: Page, section: Section, schema: JsonSchema): string[] {
  if (section.depth > depthMax)
    throw new Error(`the schema nests deeper than ${depthMax} at ${section.path}`);
  const variants = alternatives(schema, page.root);
  if (variants.length === 1) return tableLines(page, section, variants[0]!, schema);
  return [
    ...commonLines(page, section, variants, schema),
    ...variants.flatMap((variant) => {
      return tableLines(
        page,
        { ...section, variant: [...section.variant, variantName(variant)] },
        variant,
        variant,
      );
    }),
  ];
}

/** What all variants have alike, in themselves and in the members of their maps (streams), is told once. */
function commonLines(page: Page, section: Section, variants: JsonSchema[], schema: JsonSchema): string[] {
  const lines: string[] = [];
  const tell = (part: Section, members: JsonSchema[], described: JsonSchema) => {
    const common = commonProperties(members);
    if (Object.keys(common).length === 0) return;
    lines.push(
      ...tableLines(page, part, { properties: common, required: requiredOf(members[0]!) }, described),
    );
    page.told.set(part.path, common);
  };
  tell(section, variants, schema);
  for (const [name, property] of Object.entries(propertiesOf(variants[0]!))) {
    const maps = variants.map((variant) => propertiesOf(variant)[name]);
    const members = maps.map((map) => (map ? memberOf(map, page.root)?.schema : undefined));
    const step = memberOf(property, page.root)?.step;
    if (step !== '.<name>' || !members.every((member) => member !== undefined)) continue;
    tell({ ...section, path: `${section.path}.${name}${step}`, depth: section.depth + 1 }, members, {});
  }
  return lines;
}

function tableLines(page: Page, section: Section, variant: JsonSchema, described: JsonSchema): string[] {
  const told = page.told.get(section.path) ?? {};
  const properties = Object.entries(propertiesOf(variant)).filter(([name]) => !(name in told));
  if (properties.length === 0) return [];
  const required = requiredOf(variant);
  const about = typeof described['description'] === 'string' ? [described['description'], ''] : [];
  const rows = properties.map(([name, property]) => row(page, name, property, required.includes(name)));
  const below = properties.flatMap(([name, property]) => {
    const member = memberOf(property, page.root);
    const path = section.path === '' ? name : `${section.path}.${name}`;
    if (!member) return [];
    return sectionLines(
      page,
      { ...section, path: `${path}${member.step}`, depth: section.depth + 1 },
      member.schema,
    );
  });
  const table = ['| key | value | default | meaning |', '|---|---|---|---|', ...rows, ''];
  return [heading(section), '', ...about, ...table, ...below];
}

/** In code marks: Markdown would take `<name>` for a tag. */
function heading({ path, variant }: Section): string {
  if (path === '') return '### The file';
  return `### ${[path, ...variant].map((part) => `\`${part}\``).join(', ')}`;
}

function row({ root }: Page, name: string, property: JsonSchema, isRequired: boolean): string {
  const standard = property['default'];
  const shown = isRequired ? '**required**' : standard === undefined ? '' : `\`${JSON.stringify(standard)}\``;
  const meaning = asText(property['description'] ?? resolved(property, root)['description']);
  return `| \`${name}\` | ${cell(typeText(property))} | ${cell(shown)} | ${cell(meaning)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
