import { parseArgs } from 'node:util';
import type { AppSetting } from './hubspot/oauth/oauthBook';
import { startHubSpotSimulator } from './hubspot/server';

const usage = `HubSpot simulator
  --port <n>        port (default: a free one)
  --host <address>  where to listen (default 127.0.0.1; 0.0.0.0 in a container)
  --state-dir <dir> keep the state there (default: memory only)
  --portal-id <n>   account id (default 9000777001)
  --limit <n|off>   calls per 10 s (default 190); off lifts all limits
  --token <token>   accepted bearer token, repeatable (default pat-simulator)
  --app <id>:<secret>:<redirect-uri>  an app that may be installed by OAuth, repeatable
  --webhook-url <url>        where to tell of changes; with --webhook-secret, the app's client secret
  --webhook-secret <secret>
  --time-zone <tz>  the account's time zone (default Europe/London)
  --seed <n>        seed of everything that is drawn`;

/** Calls per 10 s, or none of the limits. */
function limitSettings(limit: string | undefined): Record<string, unknown> | undefined {
  if (limit === undefined) return undefined;
  if (limit === 'off') return { limits: null };
  return { limits: { perTenSeconds: wholeNumber('--limit', limit) } };
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${flag} must be a whole number, not ${text}`);
  return Number(text);
}

function webhookSettings(url: string | undefined, clientSecret: string | undefined): Record<string, unknown> {
  if (url === undefined && clientSecret === undefined) return {};
  if (!url || !clientSecret) throw new Error('--webhook-url and --webhook-secret need each other');
  return { webhooks: { url, clientSecret } };
}

/** Client id and secret hold no colon, the address does. */
function appOf(written: string): AppSetting {
  const [, clientId, clientSecret, redirectUri] = /^([^:]+):([^:]+):(.+)$/.exec(written) ?? [];
  if (clientId === undefined || clientSecret === undefined || redirectUri === undefined)
    throw new Error('--app must be <id>:<secret>:<redirect-uri>');
  return { clientId, clientSecret, redirectUris: [redirectUri] };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      'state-dir': { type: 'string' },
      'portal-id': { type: 'string' },
      limit: { type: 'string' },
      token: { type: 'string', multiple: true },
      app: { type: 'string', multiple: true },
      'webhook-url': { type: 'string' },
      'webhook-secret': { type: 'string' },
      'time-zone': { type: 'string' },
      seed: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const number = (flag: 'port' | 'portal-id' | 'seed'): number | undefined =>
    values[flag] === undefined ? undefined : wholeNumber(`--${flag}`, values[flag]);
  const simulator = await startHubSpotSimulator({
    port: number('port'),
    host: values.host,
    portalId: number('portal-id'),
    seed: number('seed'),
    stateDir: values['state-dir'],
    timeZone: values['time-zone'],
    tokens: values.token,
    apps: values.app?.map(appOf),
    settings: {
      ...limitSettings(values.limit),
      ...webhookSettings(values['webhook-url'], values['webhook-secret']),
    },
  });
  const ready = {
    event: 'simulator_ready',
    url: simulator.url,
    port: simulator.port,
    portalId: simulator.portalId,
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  const stop = (): void => {
    void simulator.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
