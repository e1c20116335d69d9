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

export async function countApiTokens(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: string }>('select count(*) from api_tokens');
  return Number(rows[0]!.count);
}

/** Stores a token's hash. Storing it again changes nothing. */
export async function insertApiToken(db: Queryable, tokenHash: string, name: string): Promise<void> {
  await db.query('insert into api_tokens (token_hash, name) values ($1, $2) on conflict do nothing', [
    tokenHash,
    name,
  ]);
}
