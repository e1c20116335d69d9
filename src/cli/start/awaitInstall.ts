import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { oauthAppOf } from '../../config/oauthApp';
import type { TributaryConfig } from '../../config/schema';
import { installOf } from '../../db/oauth/oauthInstall';
import { CliFailure } from '../cliFailure';
import type { StartScene } from './startOptions';

const lookAgainMs = 500;

/**
 * Waits until a portal's app is installed, which a person does in a browser. Nothing to wait for with a token, or when it
 * is installed already.
 * @throws CliFailure with `--once`: nobody may be there; the signal's reason when it is raised
 */
export async function awaitInstall(
  { env, options, output, steps }: Pick<StartScene, 'env' | 'options' | 'output' | 'steps'>,
  {
    config,
    portal,
    pool,
    signal,
  }: { config: TributaryConfig; portal: string; pool: Pool; signal: AbortSignal },
): Promise<void> {
  const app = oauthAppOf(config, portal, { env, readSecretFile: (path) => readFileSync(path, 'utf8') });
  if (!app || (await isInstalled(pool, app.portalId))) return;
  if (options.once) {
    const hint = `start without --once, and open ${app.installUrl}`;
    throw new CliFailure(`the app is not installed in HubSpot account ${app.portalId}`, 1, hint);
  }
  output.say(`\n  Portal ${portal} is connected by an app. To install it, open ${app.installUrl}\n`);
  await steps.step(`installation in account ${app.portalId}`, async () => {
    while (!(await isInstalled(pool, app.portalId))) {
      signal.throwIfAborted();
      await sleep(lookAgainMs);
    }
  });
}

async function isInstalled(pool: Pool, portalId: string): Promise<boolean> {
  const install = await installOf(pool, portalId);
  return install !== null && install.revokedAt === null;
}
