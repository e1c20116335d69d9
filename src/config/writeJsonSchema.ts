import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema } from './jsonSchema';
import { configurationPage } from './reference/configurationPage';

export const jsonSchemaFile = 'docs/tributary.config.schema.json';
export const configurationPageFile = 'docs/configuration.md';

/** What both files hold when they are up to date. In: the project's folder. */
export function generatedDocs(projectFolder: string): { file: string; text: string }[] {
  const current = readFileSync(join(projectFolder, configurationPageFile), 'utf8');
  return [
    { file: jsonSchemaFile, text: `${JSON.stringify(configJsonSchema(), null, 2)}\n` },
    { file: configurationPageFile, text: configurationPage(current) },
  ];
}

/** Writes them. Run from the project's folder: `node dist/config/writeJsonSchema.js`. */
if (require.main === module) {
  for (const { file, text } of generatedDocs(process.cwd())) writeFileSync(join(process.cwd(), file), text);
}
