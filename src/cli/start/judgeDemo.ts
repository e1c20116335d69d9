import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Pool } from 'pg';
import { firstRunStart } from '../../db/runs/runQueries';
import { distPath, nodeArguments } from '../distPath';
import type { StartScene } from './startOptions';

const judgeMs = 5 * 60_000;

/**
 * Compares what the simulator holds with the demo's oracle: the expected result, computed from the generator's clean
 * people by code that shares nothing with Tributary. Out: the verdict's line, or the first differences.
 */
export async function judgeDemo(
  { env, stateDir }: StartScene,
  pool: Pool,
): Promise<{ equal: boolean; text: string }> {
  const began = await firstRunStart(pool);
  const { DATABASE_URL: databaseUrl, HUBSPOT_BASE_URL: simulatorUrl } = env;
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        ...nodeArguments,
        distPath('simulator/demo/judge.js'),
        ...[
          '--state-dir',
          join(stateDir, 'demo'),
          '--simulator-url',
          simulatorUrl!,
          '--database-url',
          databaseUrl!,
        ],
        ...(began ? ['--first-sync-at', began.toISOString()] : []),
      ],
      { timeout: judgeMs, maxBuffer: 16 * 1024 * 1024 },
    );
    return { equal: true, text: stdout.trim() };
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return { equal: false, text: (stdout || stderr || 'the demo could not be judged').trim() };
  }
}
