import { isAbsolute } from 'node:path';

/**
 * Secrets are never part of the configuration, only the places where they stand. A reference can be printed,
 * logged and hashed; the value exists only where `resolveSecret` is called.
 */
export type SecretRef = { from: 'env'; name: string } | { from: 'file'; path: string };

/** A setting that may be written plainly (a URL without a password) or kept elsewhere. */
export type Setting = SecretRef | { from: 'text'; text: string };

/** The outside world, given by the caller: environment and secret files. */
export interface SecretReaders {
  env: Record<string, string | undefined>;
  /** Returns the file's text; throws where it cannot be read. */
  readSecretFile: (path: string) => string;
}

const envPattern = /^env:([A-Za-z_][A-Za-z0-9_]*)$/;

/** Out: the reference, or null where the text is none (`env:NAME` or `file:/absolute/path`). */
export function parseSecretRef(text: string): SecretRef | null {
  const name = envPattern.exec(text)?.[1];
  if (name !== undefined) return { from: 'env', name };
  if (!text.startsWith('file:')) return null;
  const path = text.slice('file:'.length);
  return isAbsolute(path) ? { from: 'file', path } : null;
}

/** A reference as it is written in the configuration: safe to print. */
export function writtenRef(ref: SecretRef): string {
  return ref.from === 'env' ? `env:${ref.name}` : `file:${ref.path}`;
}

/**
 * Reads a secret at its point of use. Out: its value; a file's closing line break is not part of it.
 * Errors: a plain one that names the reference, where nothing stands there.
 */
export function resolveSecret(ref: Setting, readers: SecretReaders): string {
  if (ref.from === 'text') return ref.text;
  const value = ref.from === 'env' ? readers.env[ref.name] : readFile(ref.path, readers);
  if (value === undefined || value === '') throw new Error(`the secret ${writtenRef(ref)} is not set`);
  return value;
}

function readFile(path: string, readers: SecretReaders): string {
  try {
    return readers.readSecretFile(path).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new Error(`the secret file:${path} cannot be read`, { cause });
  }
}

/** Any part of the configuration with its references replaced by their values' type. */
export type Resolved<T> = T extends Setting
  ? string
  : T extends readonly (infer Item)[]
    ? Resolved<Item>[]
    : T extends object
      ? { [Key in keyof T]: Resolved<T[Key]> }
      : T;

/**
 * Replaces every reference inside a part of the configuration (a connection) by its value.
 * The result is for opening a system, not for keeping: never log or store it. Throws like `resolveSecret`.
 */
export function resolveSecrets<T>(part: T, readers: SecretReaders): Resolved<T> {
  return resolveAny(part, readers) as Resolved<T>;
}

function resolveAny(part: unknown, readers: SecretReaders): unknown {
  if (Array.isArray(part)) return part.map((item) => resolveAny(item, readers));
  if (part === null || typeof part !== 'object') return part;
  if (isSetting(part)) return resolveSecret(part, readers);
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, resolveAny(value, readers)]));
}

/** The schema alone makes objects of these shapes: no section of the configuration has a `from` of these words. */
function isSetting(part: object): part is Setting {
  const { from } = part as { from?: unknown };
  const keys = Object.keys(part);
  return keys.length === 2 && (from === 'env' || from === 'file' || from === 'text');
}
