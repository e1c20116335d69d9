import { createHash } from 'node:crypto';
import type { Queryable } from './pool';

/** A token as it is kept: its hash and a name for people. The token itself is shown once and never stored. */
export interface ApiToken {
  tokenHash: string;
  name: string;
}

/** SHA-256 in lower-case hex. Tokens are random and long, so no slower hash is needed. */
export function hashApiToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export async function findApiToken(db: Queryable, tokenHash: string): Promise<ApiToken | null> {
  const { rows } = await db.query<ApiToken>(
    'select token_hash as "tokenHash", name from api_tokens where token_hash = $1',
    [tokenHash],
  );
  return rows[0] ?? null;
}

export async function hasApiTokens(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>('select exists (select from api_tokens) as found');
  return rows[0]!.found;
}

/** Keeps a token's hash. Keeping it again changes nothing. */
export async function addApiToken(db: Queryable, tokenHash: string, name: string): Promise<void> {
  await db.query('insert into api_tokens (token_hash, name) values ($1, $2) on conflict do nothing', [
    tokenHash,
    name,
  ]);
}
