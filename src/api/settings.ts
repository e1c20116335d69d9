import { z } from 'zod';

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s) address' });
const workersMax = 50;

const settingsSchema = z.object({
  /** Metrics addresses of workers on this machine, separated by commas. */
  TRIBUTARY_WORKER_METRICS_URLS: z
    .string()
    .default('')
    .transform((text) => text.split(',').map((part) => part.trim()))
    .transform((parts) => parts.filter((part) => part !== ''))
    .pipe(z.array(httpUrl).max(workersMax, `at most ${workersMax} addresses`)),
  /** Address of Temporal's Web UI, for links. */
  TEMPORAL_UI_URL: httpUrl.optional(),
});

export interface ApiSettings {
  workerMetricsUrls: string[];
  temporalUiUrl: string | undefined;
}

/** What only the API reads of the environment. Out: the settings, or every fault, by variable. */
export function readApiSettings(
  env: Record<string, string | undefined>,
): { ok: true; settings: ApiSettings } | { ok: false; faults: string[] } {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const { success, data, error } = settingsSchema.safeParse(given);
  if (!success) {
    return { ok: false, faults: error.issues.map(({ path, message }) => `${String(path[0])} ${message}`) };
  }
  return {
    ok: true,
    settings: {
      workerMetricsUrls: data.TRIBUTARY_WORKER_METRICS_URLS,
      temporalUiUrl: data.TEMPORAL_UI_URL,
    },
  };
}
