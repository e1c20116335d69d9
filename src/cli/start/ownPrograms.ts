import { z } from 'zod';
import { migrate } from '../../db/migrate';
import { plural, settingsOf } from '../commandContext';
import { startNodeChild } from './nodeChild';
import { choosePort } from './preferredPort';
import type { StartScene } from './startOptions';

/** A worker may have activities under way: above its own grace time. */
const workerStopMarginMs = 15_000;

/** Brings the database to the newest schema, then starts the worker and the API, and waits until both are ready. */
export async function startOwnPrograms(scene: StartScene): Promise<void> {
  const { steps, env, urls } = scene;
  const settings = settingsOf(env);
  const databaseUrl = settings.database.url!.reveal();
  await steps.step(
    'tables',
    () => migrate(databaseUrl),
    (done) => (done.length > 0 ? `${plural(done.length, 'migration')} applied` : 'up to date'),
  );

  const { metricsUrl } = await steps.step('worker', () =>
    startNodeChild({
      ...childOf(scene),
      ...{ name: 'worker' as const, program: 'worker/main.js', event: 'worker_ready' },
      env: { TRIBUTARY_WORKER_METRICS_PORT: '0', ...logsAsJson(env) },
      ready: z.object({ metricsUrl: z.string().optional() }),
      stopDeadlineMs: settings.worker.graceMs + workerStopMarginMs,
    }),
  );
  const port = await choosePort(scene.options.port, settings.api.port);
  const api = await steps.step(
    'API',
    () =>
      startNodeChild({
        ...childOf(scene),
        ...{ name: 'API' as const, program: 'api/main.js', event: 'api_ready' },
        env: {
          ...logsAsJson(env),
          TRIBUTARY_API_PORT: String(port),
          ...(metricsUrl === undefined ? {} : { TRIBUTARY_WORKER_METRICS_URLS: metricsUrl }),
        },
        ready: z.object({ url: z.string() }),
      }),
    ({ url }) => url,
  );
  urls['API'] = api.url;
}

function childOf({ stateDir, parts, onDeath }: StartScene) {
  return { stateDir, parts, onDeath };
}

/** The screen is ours; their lines go to files, for machines. */
function logsAsJson(env: Record<string, string | undefined>): Record<string, string | undefined> {
  return { ...env, LOG_FORMAT: 'json' };
}
