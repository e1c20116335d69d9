import { timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import type { SecretValue } from '../config/secretValue';
import { findApiToken, hashApiToken } from '../db/apiTokens';
import { ApiProblem } from './problem';

/** Longer ones are no tokens of ours; the limit keeps hashing cheap. */
const tokenLengthMax = 512;
const bearer = /^bearer +([\w.~+/-]+=*) *$/i;

export type AuthFailure = 'missing' | 'malformed' | 'wrong';

export interface AuthenticateOptions {
  pool: Pool;
  /** The environment's token, accepted besides those of the table. */
  token: SecretValue | undefined;
  onFailure: (reason: AuthFailure) => void;
}

/** Lets a request pass only with a known bearer token (RFC 6750); says nothing about which part of it was wrong. */
export function authenticate({ pool, token, onFailure }: AuthenticateOptions): RequestHandler {
  const ownHash = token === undefined ? null : hashApiToken(token.reveal());

  async function callerOf(given: string): Promise<string | null> {
    const hash = hashApiToken(given);
    if (ownHash !== null && sameHash(hash, ownHash)) return 'environment';
    const stored = await findApiToken(pool, hash);
    return stored && sameHash(hash, stored.tokenHash) ? stored.name : null;
  }

  function refuse(reason: AuthFailure): never {
    onFailure(reason);
    const challenge = 'Bearer realm="tributary"';
    const headers = {
      'WWW-Authenticate': reason === 'missing' ? challenge : `${challenge}, error="invalid_token"`,
    };
    throw new ApiProblem('unauthorized', { detail: 'Send `Authorization: Bearer <token>`.', headers });
  }

  return async (request, response, next) => {
    const header = request.get('authorization');
    if (header === undefined) return refuse('missing');
    const given = bearer.exec(header.slice(0, tokenLengthMax + 'bearer '.length))?.[1];
    if (given === undefined || header.length > tokenLengthMax) return refuse('malformed');
    const caller = await callerOf(given);
    if (caller === null) return refuse('wrong');
    response.locals['caller'] = caller;
    next();
  };
}

/** Compares two hashes in constant time; both are of the same length, or they differ. */
function sameHash(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one, 'hex'), Buffer.from(other, 'hex')];
  return first.length === second.length && timingSafeEqual(first, second);
}
