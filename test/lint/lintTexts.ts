import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export interface PlantedText {
  /** Path below the project, of a file that need not exist. */
  file: string;
  text: string;
  /** Use the rules that need types too; the file must exist then. */
  typed?: boolean;
}

/** What the project's own lint settings say about each text, as `rule: message`. */
export function lintTexts(planted: PlantedText[]): string[][] {
  const script = join(__dirname, '../../tools/lint/lintTexts.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    input: JSON.stringify(planted),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  const found = JSON.parse(stdout) as [rule: string | null, message: string][][];
  return found.map((messages) => messages.map(([rule, message]) => `${rule ?? 'syntax'}: ${message}`));
}
