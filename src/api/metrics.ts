import { Gauge, Registry } from 'prom-client';
import type { ApiDeps } from './deps';
import type { Handler } from './endpoint';
import { mergeTexts } from './mergeTexts';
import { readMetricRows } from '../db/runs/metricRows';
import { riverMetrics } from './riverMetrics';
import { workerTexts } from './workerTexts';

/**
 * Everything for one scrape: the river from Postgres, this process, and the workers. A part that does not answer is
 * left out and shows as 0 in `middleware_up`, so that an outage of the database does not blind the scrape of the rest.
 */
export function metrics(
  deps: Pick<ApiDeps, 'pool' | 'log' | 'sources' | 'registry' | 'workerMetricsUrls'>,
): Handler {
  let running: Promise<string> | null = null;

  async function scrape(): Promise<string> {
    const [river, own, workers] = await Promise.all([
      readMetricRows(deps.pool)
        .then((rows) => riverMetrics(rows, deps.sources))
        .catch((error: unknown) => {
          deps.log.warn({ event: 'scrape_failed', err: error }, 'the metrics of Postgres are left out');
          return null;
        }),
      deps.registry.metrics(),
      workerTexts(deps.workerMetricsUrls),
    ]);
    const up = await partsUp([{ process: 'postgres', text: river }, ...workers]);
    return mergeTexts([river ?? '', own, up].join('\n'), workers);
  }

  return async (_request, response) => {
    // Scrapes that come while one is at work share it: the database is read once.
    running ??= scrape().finally(() => (running = null));
    const text = await running;
    response.set('Cache-Control', 'no-store').type(deps.registry.contentType).send(text);
  };
}

function partsUp(parts: { process: string; text: string | null }[]): Promise<string> {
  const registry = new Registry();
  const up = new Gauge({
    name: 'middleware_up',
    help: '1 where the part answered this scrape.',
    labelNames: ['part'],
    registers: [registry],
  });
  for (const { process, text } of parts) up.set({ part: process }, text === null ? 0 : 1);
  return registry.metrics();
}
