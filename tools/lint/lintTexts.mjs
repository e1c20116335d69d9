// Lints texts that are not files: reads [{ file, text, typed? }] as JSON from standard input, writes for each the list of
// [rule, message]. A process of its own because jest cannot load the ES module that the settings are.
import { text as readAll } from 'node:stream/consumers';
import { resolve } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const root = resolve(import.meta.dirname, '../..');
// A planted file is in no TypeScript project, so the rules that need types cannot see it.
const untyped = new ESLint({
  cwd: root,
  overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }],
});
const typed = new ESLint({ cwd: root });

const found = [];
for (const planted of JSON.parse(await readAll(process.stdin))) {
  const eslint = planted.typed ? typed : untyped;
  const [result] = await eslint.lintText(planted.text, { filePath: resolve(root, planted.file) });
  found.push(result.messages.map(({ ruleId, message }) => [ruleId, message]));
}
process.stdout.write(JSON.stringify(found));
