import { createHash, randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { saveState, takeState } from '../../db/oauth/oauthStates';
import type { ApiDeps } from '../deps';
import type { InstallableApp } from './installableApps';

/** How long a person may take at HubSpot's page. */
const stateLifeMs = 10 * 60_000;
const cookieName = 'tributary_install';
/** 32 random bytes in base64url: states and cookies alike. */
const secretShape = /^[\w-]{43}$/;

/**
 * Begins an installation: the browser gets a cookie, the database the hashes of both. Out: the state to send along.
 * Against somebody who wants another browser to end what they began, and against a state that is used twice.
 */
export async function beginState(
  { pool }: Pick<ApiDeps, 'pool'>,
  request: Request,
  response: Response,
  app: InstallableApp,
): Promise<string> {
  const state = randomSecret();
  // Kept while a person has several tabs open.
  const browser = cookieOf(request) ?? randomSecret();
  await saveState(
    pool,
    { stateHash: hashed(state), browserHash: hashed(browser), portal: app.portal },
    stateLifeMs,
  );
  const { pathname, protocol } = new URL('.', app.redirectUri);
  response.cookie(cookieName, browser, {
    httpOnly: true,
    // Sent when HubSpot leads the browser back, and with nothing that another site does by itself.
    sameSite: 'lax',
    secure: protocol === 'https:',
    path: pathname,
    maxAge: stateLifeMs,
  });
  return state;
}

/** Ends a begun installation. Out: the portal it is for; null where it was not begun in this browser, or long ago. */
export async function endState(
  { pool }: Pick<ApiDeps, 'pool'>,
  request: Request,
  state: unknown,
): Promise<string | null> {
  if (typeof state !== 'string' || !secretShape.test(state)) return null;
  return takeState(pool, { stateHash: hashed(state), browserHash: hashed(cookieOf(request) ?? '') });
}

function cookieOf(request: Request): string | undefined {
  const cookies = (request.get('cookie') ?? '').split(/; */);
  const value = cookies.find((cookie) => cookie.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1);
  return value !== undefined && secretShape.test(value) ? value : undefined;
}

function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
