import { readFileSync } from 'node:fs';
import { faultText, loadConfig } from '../../config/loadConfig';
import type { TributaryConfig } from '../../config/schema';
import { resolveSecret, type SecretRef, type SecretReaders } from '../../config/secrets';
import { webhookSecretRef } from '../../config/webhookSecret';
import { CliFailure } from '../cliFailure';
import { plural } from '../commandContext';

/** The simulator's own account: the demo's configuration is bound to it, and no real portal has it. */
export const simulatorPortalId = 9_000_777_001;

/** What the demo's source systems set, and `tributary.config.yaml` refers to. */
export const demoVariables = [
  'AZURE_URL',
  'ERP_URL',
  'IELTS_URL',
  'IELTS_TOKEN',
  'EOL_URL',
  'EOL_API_KEY',
  'IMPACT_FOLDER',
];

export interface Target {
  /** No token is there: the simulator takes HubSpot's place. */
  useSimulator: boolean;
  /** The configuration's sources are those of the demo. */
  useDemo: boolean;
  /** Variables under which the configuration looks for the portal's token. */
  tokenVariables: string[];
  /** Variables under which it looks for the client secret of the app that sends webhooks. */
  clientSecretVariables: string[];
  /** What a person must know before it begins. */
  warnings: string[];
}

/**
 * Decides what is real: with a token the portal and the sources of the configuration, without one the simulator, and
 * the demo's systems where the configuration refers to them. Reads the configuration before its secrets are there.
 * @throws CliFailure with all faults of the file, or when the simulator would have to play a real portal
 */
export function chooseTarget(path: string, env: Record<string, string | undefined>): Target {
  const config = withoutSecrets(path, env);
  const portals = Object.entries(config.portals);
  const readers: SecretReaders = { env, readSecretFile: (file) => readFileSync(file, 'utf8') };
  const hasToken =
    Boolean(env['HUBSPOT_ACCESS_TOKEN']) ||
    portals.some(([, portal]) => isThere(credentialOf(portal), readers));
  const tokenVariables = portals.flatMap(([, { accessToken }]) =>
    accessToken?.from === 'env' ? [accessToken.name] : [],
  );
  const clientSecretVariables = portals.flatMap(([, portal]) => {
    const ref = webhookSecretRef(portal);
    return ref?.from === 'env' ? [ref.name] : [];
  });
  const variables = { tokenVariables, clientSecretVariables };
  const isDemo = portals.some(([, { portalId }]) => portalId === simulatorPortalId);
  if (hasToken) {
    const warnings = isDemo && !env['HUBSPOT_BASE_URL'] ? [boundWarning] : [];
    return { useSimulator: false, useDemo: false, ...variables, warnings };
  }
  const real = portals.find(([, { portalId }]) => portalId !== undefined && portalId !== simulatorPortalId);
  if (real) {
    throw new CliFailure(
      `portal "${real[0]}" is bound to HubSpot account ${real[1].portalId}, and there is no token for it`,
      2,
      `set ${tokenVariables.join(', ') || 'the token file'}; the simulator never plays a real account`,
    );
  }
  const missing = demoVariables.filter((name) => !env[name]);
  return {
    useSimulator: true,
    useDemo: missing.length > 0 && refersTo(config.sources, missing),
    ...variables,
    warnings: [],
  };
}

const boundWarning = `A HubSpot token is set, but this configuration is the demo's: it is bound to the simulator's account ${simulatorPortalId},
  so the token of any real account is refused and nothing of the demo is started.
  Unset HUBSPOT_ACCESS_TOKEN to see the demo, or use a configuration of your own (--config).`;

/** The environment as it will be once the chosen simulators run, so that what is missing is said before they start. */
export function foreseenEnvironment(
  { useSimulator, useDemo, tokenVariables, clientSecretVariables }: Target,
  env: Record<string, string | undefined>,
): Record<string, string | undefined> {
  const simulated = [...tokenVariables, ...clientSecretVariables];
  const coming = [...(useSimulator ? simulated : []), ...(useDemo ? demoVariables : [])];
  return Object.fromEntries([
    ...Object.entries(env),
    ...coming.filter((name) => !env[name]).map((name) => [name, later] as const),
  ]);
}

/** Stands for a value that is not known yet, also where an address is wanted. */
const later = 'http://set.later';

/** The file as far as it can be judged before its secrets are there. */
function withoutSecrets(path: string, env: Record<string, string | undefined>): TributaryConfig {
  const anything = new Proxy(env, { get: (own, name) => own[String(name)] || later });
  const loaded = loadConfig({ path, env: anything, readSecretFile: () => 'set later', now: new Date() });
  if (loaded.ok) return loaded.config;
  const lines = loaded.faults.map(faultText);
  throw new CliFailure(`the configuration has ${plural(lines.length, 'fault')}:\n${lines.join('\n')}`, 2);
}

/** What a portal cannot be reached without. */
function credentialOf({ accessToken, oauth }: TributaryConfig['portals'][string]): SecretRef | undefined {
  return accessToken ?? oauth?.clientSecret;
}

function isThere(ref: SecretRef | undefined, readers: SecretReaders): boolean {
  if (ref === undefined) return false;
  try {
    return resolveSecret(ref, readers) !== '';
  } catch {
    return false;
  }
}

/** Whether a part of the configuration takes one of these variables. */
function refersTo(part: unknown, names: readonly string[]): boolean {
  if (typeof part !== 'object' || part === null) return false;
  const { from, name } = part as { from?: unknown; name?: unknown };
  if (from === 'env' && names.includes(String(name))) return true;
  return Object.values(part).some((value) => refersTo(value, names));
}
