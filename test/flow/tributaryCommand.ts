import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BareRiver } from './bareRiver';

/**
 * Runs the compiled `tributary` command against a river and parses its JSON.
 * @param more environment, where the command reads the configuration
 */
export async function runTributary(
  river: BareRiver,
  args: string[],
  more: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const command = [
    '--disable-warning=ExperimentalWarning',
    join(__dirname, '../../dist/cli/main.js'),
    ...['--json', '--state-dir', river.folder, ...args],
  ];
  const env = {
    ...process.env,
    ...more,
    DATABASE_URL: String(river.pool.options.connectionString),
    TEMPORAL_ADDRESS: river.temporalAddress,
    TEMPORAL_NAMESPACE: river.namespace,
  };
  const { stdout } = await promisify(execFile)(process.execPath, command, { env });
  return JSON.parse(stdout) as Record<string, unknown>;
}
