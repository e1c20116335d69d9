import { finding, type ConfigCheck, type Finding } from '../finding';
import { leaves, type RawNode } from '../rawNode';
import { parseSecretRef, resolveSecret, writtenRef } from '../secrets';

/** How secrets look. Only the kind is told, never the text. */
const clearSecrets: { kind: string; pattern: RegExp }[] = [
  { kind: 'a HubSpot token', pattern: /\bpat-[a-z0-9]{2,6}-[a-z0-9-]{8,}/i },
  { kind: 'a URL with a password', pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/i },
  {
    kind: 'a connection string with a password',
    pattern: /(?:^|;)\s*(?:password|pwd|accountkey)\s*=\s*[^;\s]+/i,
  },
  { kind: 'a bearer token', pattern: /\bbearer\s+[\w.~+/-]{8,}/i },
  { kind: 'a JSON web token', pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+/ },
  { kind: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
];

/** Keys whose values are secrets wherever they stand under portals and connections. */
const secretKeys = new Set(['accessToken', 'token', 'key', 'password', 'clientSecret', 'secret']);

/** Secrets that stand in the file itself, anywhere, and references behind which nothing is found. */
export const checkSecrets: ConfigCheck = (root, context) => {
  const written = leaves(root).flatMap((leaf) => clearSecret(leaf));
  const referring = [
    root.get('portals'),
    ...root
      .get('sources')
      .entries()
      .flatMap(({ node }) => [node.get('connection'), node.get('webhook')]),
  ];
  const places = referring.flatMap(leaves);
  const missing = places.flatMap((leaf) => {
    const ref = parseSecretRef(leaf.text() ?? '');
    if (!ref) return [];
    try {
      resolveSecret(ref, context);
      return [];
    } catch {
      return [
        finding(
          leaf,
          'value',
          `missing secret: ${writtenRef(ref)} ${ref.from === 'env' ? 'is not set' : 'cannot be read'}`,
          hintFor(ref),
        ),
      ];
    }
  });
  return [...written, ...places.flatMap(plainSecret), ...missing];
};

function clearSecret(leaf: RawNode): Finding[] {
  const found = clearSecrets.find(({ pattern }) => pattern.test(leaf.text() ?? ''));
  return found ? [clearly(leaf, found.kind)] : [];
}

function plainSecret(leaf: RawNode): Finding[] {
  const text = leaf.text();
  if (!text || /^(env|file):/.test(text)) return [];
  if (clearSecrets.some(({ pattern }) => pattern.test(text))) return [];
  return secretKeys.has(String(leaf.path.at(-1))) ? [clearly(leaf, 'a secret')] : [];
}

function clearly(leaf: RawNode, kind: string): Finding {
  return finding(
    leaf,
    'value',
    `${kind} is written in clear`,
    'put it into the environment and write env:NAME here (or file:/absolute/path); if this file was shared, change the secret',
  );
}

function hintFor(ref: { from: 'env'; name: string } | { from: 'file'; path: string }): string {
  return ref.from === 'env'
    ? `set ${ref.name} in the environment (see .env.example)`
    : 'the file must exist, be readable by this user and not be empty';
}
