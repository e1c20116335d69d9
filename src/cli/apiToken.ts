import { randomBytes } from 'node:crypto';
import { addApiToken, hasApiTokens, hashApiToken } from '../db/apiTokens';
import type { Queryable } from '../db/pool';

/** 192 bits of chance, in a form that scanners recognise. */
export function newApiToken(): string {
  return `trb_${randomBytes(24).toString('base64url')}`;
}

/**
 * Makes the API's first token. Out: the token, to be shown this once (only its hash is stored); null where one was
 * made before.
 * @param token given only by tests
 */
export async function makeFirstToken(db: Queryable, token: string = newApiToken()): Promise<string | null> {
  if (await hasApiTokens(db)) return null;
  await addApiToken(db, hashApiToken(token), 'first start');
  return token;
}
