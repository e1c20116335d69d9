import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { SecretValue } from '../config/secretValue';
import type { KeyRing } from '../db/oauth/sealing';
import type { InstallableApp } from './oauth/installableApps';
import type { WebhookDeps } from './webhooks/webhooks';

/** What the endpoints need, given once by `main`; nothing else here reads the environment or opens connections. */
export interface ApiDeps {
  pool: Pool;
  temporal: Client;
  log: Logger;
  /** Names of the configuration. */
  sources: string[];
  portals: string[];
  /** The apps by which portals are connected, and the keys that seal their tokens. */
  apps: InstallableApp[];
  keys: KeyRing;
  /** Accepted besides the tokens of the table `api_tokens`. */
  token: SecretValue | undefined;
  taskQueue: string;
  /** Address of Temporal's Web UI, for links. */
  temporalUiUrl: string | undefined;
  /** Where workers serve their metrics; their text is appended to ours. */
  workerMetricsUrls: string[];
  /** Metrics of this process. */
  registry: Registry;
  /** Absent: no webhooks are taken. */
  webhooks?: WebhookDeps;
  /** Makes the id of a run or a request. */
  newId: () => string;
}
