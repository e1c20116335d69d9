import { z } from 'zod';
import { parseDuration } from './durations';
import { readKeyRing } from './keyRing';
import { secretValue } from './secretValue';

/**
 * The settings that come from the environment: where things are and how much they may take. What is synced
 * stands in tributary.config.yaml. This file is the only reader of process.env.
 */

/** A snapshot of the process's environment, for whoever needs it as an argument. */
export function processEnv(): Record<string, string | undefined> {
  return { ...process.env };
}

const secret = z.string().transform(secretValue);
const port = z.coerce.number().int().min(0).max(65_535);
const count = (max: number) => z.coerce.number().int().min(1).max(max);
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s) address' });
const durationMs = z.string().transform((written, context) => {
  const ms = parseDuration(written);
  if (ms !== null) return ms;
  context.addIssue({ code: 'custom', message: 'must be a duration like 30s or 10m' });
  return z.NEVER;
});
const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// address')
  .transform(secretValue);

const keyRing = z.string().transform((written, context) => {
  const read = readKeyRing(written);
  if (read.ok) return secretValue(written);
  context.addIssue({ code: 'custom', message: read.fault });
  return z.NEVER;
});

const settingsSchema = z.object({
  HUBSPOT_ACCESS_TOKEN: secret
    .optional()
    .describe('Token of a private app or service key. Unset: the simulator.'),
  HUBSPOT_BASE_URL: httpUrl.optional().describe('Address of the HubSpot API, for a proxy or a stand-in.'),
  DATABASE_URL: postgresUrl.optional().describe('Postgres. Unset: the embedded server.'),
  DATABASE_POOL_MAX: count(200).default(10).describe('Most connections of one process.'),
  TEMPORAL_ADDRESS: z.string().min(1).optional().describe('Temporal server. Unset: the dev server.'),
  TEMPORAL_CLI_PATH: z.string().optional().describe('The `temporal` program for the dev server.'),
  TRIBUTARY_CONFIG: z.string().default('./tributary.config.yaml').describe('The configuration file.'),
  TRIBUTARY_API_HOST: z.string().default('127.0.0.1').describe('Where the API listens.'),
  TRIBUTARY_API_PORT: port.default(8484).describe('Port of the API; 0: any free one.'),
  TRIBUTARY_PUBLIC_URL: httpUrl
    .optional()
    .describe(
      'Address under which HubSpot and browsers reach the API, through proxies and tunnels. Unset: where it listens.',
    ),
  TRIBUTARY_API_TOKEN: z
    .string()
    .min(16, 'must have at least 16 characters')
    .transform(secretValue)
    .optional()
    .describe('Bearer token of the API. Unset: made at the first start and shown once.'),
  TRIBUTARY_KEYS: keyRing
    .optional()
    .describe(
      'Keys that seal the tokens of OAuth portals, `<name>:<key>` separated by commas: the first seals, all open. `tributary keys new` makes one.',
    ),
  TRIBUTARY_ERASURE_KEY: z
    .string()
    .min(32, 'must have at least 32 characters')
    .transform(secretValue)
    .optional()
    .describe('Secret by which erased people are recognised. Unset: one per portal, kept in Postgres.'),
  TRIBUTARY_WORKER_ACTIVITIES: count(1_000).default(20).describe('Most activities at a time per worker.'),
  TRIBUTARY_WORKER_GRACE: durationMs
    .prefault('20s')
    .describe('How long running activities may finish when the worker is stopped.'),
  TRIBUTARY_WORKER_METRICS_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Where a worker serves its metrics.'),
  TRIBUTARY_WORKER_METRICS_PORT: port
    .optional()
    .describe('Port of the metrics of a worker and of the Temporal SDK. Unset: none.'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('What is logged at least.'),
  LOG_FORMAT: z.enum(['json', 'pretty']).optional().describe('Unset: pretty on a terminal, else json.'),
});

type Parsed = z.output<typeof settingsSchema>;

/** Everything typed; secrets are wrapped, so that settings can be logged. */
export interface EnvSettings {
  hubspot: { accessToken: Parsed['HUBSPOT_ACCESS_TOKEN']; baseUrl: string | undefined };
  database: { url: Parsed['DATABASE_URL']; poolMax: number };
  temporal: { address: string | undefined; cliPath: string | undefined };
  configPath: string;
  keys: Parsed['TRIBUTARY_KEYS'];
  api: { host: string; port: number; token: Parsed['TRIBUTARY_API_TOKEN']; publicUrl: string | undefined };
  erasureKey: Parsed['TRIBUTARY_ERASURE_KEY'];
  worker: { activitiesMax: number; graceMs: number; metricsHost: string; metricsPort: number | undefined };
  log: { level: Parsed['LOG_LEVEL']; format: Parsed['LOG_FORMAT'] };
}

export interface EnvFault {
  name: string;
  message: string;
}

/**
 * Reads the settings. Out: all of them, or every fault at once by variable; never a value. An empty variable
 * counts as unset, as compose files and shells write it.
 */
export function readEnv(
  env: Record<string, string | undefined>,
): { ok: true; settings: EnvSettings } | { ok: false; faults: EnvFault[] } {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = settingsSchema.safeParse(given);
  if (!result.success) {
    return {
      ok: false,
      faults: result.error.issues.map((issue) => ({ name: String(issue.path[0]), message: issue.message })),
    };
  }
  return { ok: true, settings: arranged(result.data) };
}

function arranged(parsed: Parsed): EnvSettings {
  return {
    hubspot: { accessToken: parsed.HUBSPOT_ACCESS_TOKEN, baseUrl: parsed.HUBSPOT_BASE_URL },
    database: { url: parsed.DATABASE_URL, poolMax: parsed.DATABASE_POOL_MAX },
    temporal: { address: parsed.TEMPORAL_ADDRESS, cliPath: parsed.TEMPORAL_CLI_PATH },
    configPath: parsed.TRIBUTARY_CONFIG,
    keys: parsed.TRIBUTARY_KEYS,
    erasureKey: parsed.TRIBUTARY_ERASURE_KEY,
    api: {
      host: parsed.TRIBUTARY_API_HOST,
      port: parsed.TRIBUTARY_API_PORT,
      token: parsed.TRIBUTARY_API_TOKEN,
      publicUrl: parsed.TRIBUTARY_PUBLIC_URL,
    },
    worker: {
      activitiesMax: parsed.TRIBUTARY_WORKER_ACTIVITIES,
      graceMs: parsed.TRIBUTARY_WORKER_GRACE,
      metricsHost: parsed.TRIBUTARY_WORKER_METRICS_HOST,
      metricsPort: parsed.TRIBUTARY_WORKER_METRICS_PORT,
    },
    log: { level: parsed.LOG_LEVEL, format: parsed.LOG_FORMAT },
  };
}

/** The variables with what they mean and their defaults, for the reference. */
export function envReference(): { name: string; doc: string; default: string }[] {
  const schema = z.toJSONSchema(settingsSchema, { io: 'input' });
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { description = '', default: standard } = property as { description?: string; default?: unknown };
    return {
      name,
      doc: description,
      default: standard === undefined ? '' : JSON.stringify(standard).replaceAll('"', ''),
    };
  });
}
