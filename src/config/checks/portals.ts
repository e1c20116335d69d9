import { finding, type CheckContext, type ConfigCheck, type Finding } from '../finding';
import type { RawNode } from '../rawNode';
import { parseSecretRef, resolveSecret } from '../secrets';

/** How portals are connected: by a token or by an app, and an app to one account that is said. */
export const checkPortals: ConfigCheck = (root, context) => {
  const portals = root.get('portals').entries();
  const sources = root.get('sources').entries();
  return [
    ...portals.flatMap(({ node }) => checkPortal(node, context)),
    ...checkAccounts(portals),
    ...(portals.length > 1 ? [...checkDropFolders(sources), ...checkWriters(portals, sources)] : []),
  ];
};

interface Entry {
  key: string;
  node: RawNode;
}

function checkPortal(node: RawNode, context: CheckContext): Finding[] {
  const [token, oauth, portalId] = [node.get('accessToken'), node.get('oauth'), node.get('portalId')];
  const isApp = oauth.value !== undefined;
  if (!isApp) {
    const unsigned = checkWebhooks(node.get('webhooks'));
    if (token.value !== undefined) return unsigned;
    const hint = 'name where the token stands (accessToken: env:NAME), or connect an app (oauth)';
    return [finding(node, 'key', 'accessToken or oauth is missing', hint), ...unsigned];
  }
  const findings = checkAddress(oauth.get('redirectUri'), context);
  if (token.value !== undefined) {
    const hint = 'remove accessToken or oauth';
    findings.push(finding(oauth, 'key', 'a portal is connected by a token or by an app, not by both', hint));
  }
  if (portalId.value === undefined) {
    const hint = 'it is the number in HubSpot’s address bar; only this account can then be installed';
    findings.push(finding(oauth, 'key', 'a portal that is connected by an app needs its portalId', hint));
  }
  if (!context.env['TRIBUTARY_KEYS']) {
    const hint = '`tributary keys new` makes one; its tokens are stored under it';
    findings.push(finding(oauth, 'key', 'missing secret: TRIBUTARY_KEYS is not set', hint));
  }
  return findings;
}

/** Only an installed app has a secret that is known already. */
function checkWebhooks(node: RawNode): Finding[] {
  if (node.value === undefined || node.get('clientSecret').value !== undefined) return [];
  const hint = 'name where the secret of the app stands that sends them (clientSecret: env:NAME)';
  return [finding(node, 'key', 'clientSecret is missing', hint)];
}

const loopback = /^(?:localhost|127\.0\.0\.1|\[::1\])$/;

/** HubSpot sends codes to https only, but on the developer's own machine. */
function checkAddress(node: RawNode, context: CheckContext): Finding[] {
  const written = node.text();
  if (written === undefined) return [];
  const address = valueOf(written, context) ?? 'https://not.known/callback';
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname)))) {
    if (url.search === '' && url.hash === '') return [];
  }
  const hint =
    'write the address of /oauth/callback as browsers reach it, e.g. https://sync.example.com/oauth/callback';
  return [finding(node, 'value', 'must be an https address without a query', hint)];
}

/** Undefined for a reference behind which nothing is found: that is another check's finding. */
function valueOf(written: string, context: CheckContext): string | undefined {
  const ref = parseSecretRef(written);
  if (!ref) return written;
  try {
    return resolveSecret(ref, context);
  } catch {
    return undefined;
  }
}

/** All state is bound to the account: two names for one would fight over it. */
function checkAccounts(portals: Entry[]): Finding[] {
  const seen = new Map<unknown, string>();
  return portals.flatMap(({ key, node }) => {
    const portalId = node.get('portalId');
    const first = seen.get(portalId.value);
    if (portalId.value === undefined || first === undefined) {
      seen.set(portalId.value, key);
      return [];
    }
    return [finding(portalId, 'value', `portal "${first}" has this account already`)];
  });
}

/** A file is moved when it was read: the second portal would never see it. */
function checkDropFolders(sources: Entry[]): Finding[] {
  const hint = 'give the other portals a configuration, database and folder of their own';
  return sources
    .filter(({ node }) => node.get('kind').text() === 'files')
    .map(({ node }) => finding(node, 'key', 'a drop folder can feed one portal only', hint));
}

/** Two master records that write to one row would overwrite each other for ever. */
function checkWriters(portals: Entry[], sources: Entry[]): Finding[] {
  const isTarget = sources.some(({ node }) =>
    node
      .get('streams')
      .entries()
      .some((stream) => stream.node.get('writeBack').value !== undefined),
  );
  const [first, ...others] = portals.filter(({ node }) => node.get('writeBack').value !== false);
  if (!isTarget || !first) return [];
  const message = `portal "${first.key}" writes back to the sources already`;
  return others.map(({ node }) =>
    finding(node, 'key', message, 'set writeBack: false for all portals but one'),
  );
}
