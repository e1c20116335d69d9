import { transformDefinitions } from '../../domain/values/transforms';
import { envReference } from '../env';
import { configJsonSchema } from '../jsonSchema';
import { schemaTables } from './schemaTables';

/** From here on the page is generated; what stands above is written by hand and kept. */
const generatedMark =
  '<!-- generated from the schema by src/config/writeJsonSchema.ts: do not edit below -->';

/**
 * The configuration reference: the given page's introduction, then tables from the schema, the transforms and
 * the environment. Throws where the page has lost the mark between the two.
 */
export function configurationPage(current: string): string {
  const end = current.indexOf(generatedMark);
  if (end < 0) throw new Error(`docs/configuration.md has lost its line "${generatedMark}"`);
  const parts = [
    `${current.slice(0, end)}${generatedMark}`,
    '## Reference',
    'Keys that are not listed here are refused.',
    schemaTables(configJsonSchema()).trimEnd(),
    '## Transforms',
    'Steps of `transforms`, applied in order. Unknown and empty values pass by, except where noted.',
    transformTable(),
    '## Environment',
    'Read once at start. An empty variable counts as unset. Temporal’s own variables (`TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS`, `TEMPORAL_TLS_…`, `TEMPORAL_PROFILE`, `TEMPORAL_CONFIG_FILE`) mean what [Temporal’s documentation](https://docs.temporal.io/develop/environment-configuration) says.',
    environmentTable(),
  ];
  return `${parts.join('\n\n')}\n`;
}

function transformTable(): string {
  const rows = transformDefinitions.map(({ name, doc, args, shorthand, onMissing, example }) => {
    const named = args.map((argument) => {
      const marks = [
        argument.type,
        ...(argument.required ? ['required'] : []),
        ...(argument.name === shorthand ? ['or bare'] : []),
      ];
      return `\`${argument.name}\` (${marks.join(', ')}): ${argument.doc}`;
    });
    const meaning = onMissing ? `${doc} Also sees missing values.` : doc;
    const shown = Object.keys(example.args).length > 0 ? `\`${JSON.stringify(example.args)}\`: ` : '';
    const shows = `${shown}\`${JSON.stringify(example.from)}\` → \`${JSON.stringify(example.to)}\``;
    return `| \`${name}\` | ${cell(meaning)} | ${cell(named.join('<br>'))} | ${cell(shows)} |`;
  });
  return ['| name | meaning | arguments | example |', '|---|---|---|---|', ...rows].join('\n');
}

function environmentTable(): string {
  const rows = envReference().map(
    (item) => `| \`${item.name}\` | ${cell(item.doc)} | ${cell(item.default ? `\`${item.default}\`` : '')} |`,
  );
  return ['| variable | meaning | default |', '|---|---|---|', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
