import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import {
  endInstall,
  failRefresh,
  findTokens,
  forgetTokens,
  openToken,
  refuseToken,
  settleRefresh,
  takeRefresh,
  type HeldTokens,
} from '../db/oauth/oauthTokens';
import { pauseInstallation } from '../db/oauth/oauthInstall';
import { SealFailure, type KeyRing } from '../db/oauth/sealing';
import { HubSpotFailure, ownFailure } from '../hubspot/hubspotFailure';
import { refreshTokens, uninstallApp, type OAuthApp } from '../hubspot/oauth';
import { equalText } from '../hubspot/signature';
import { TokenFailure } from '../hubspot/tokenFailure';

/** The access tokens of one portal that is connected by OAuth. */
export interface AccessTokens {
  /**
   * The token to call with; refreshes it first where it is time. However many ask, on however many machines, one
   * refreshes at a time. @throws HubSpotFailure `pausePortal` where only a person can help: the portal is paused then
   */
  current(): Promise<string>;
  /** Told of a 401. Out: whether another token is to be had. */
  refused(token: string): Promise<boolean>;
  /**
   * Uninstalls the app in HubSpot and forgets the tokens.
   * @param meant the installation that is to end, as `installationOf` names it (null: there was none): another one that
   * was made since stays. Absent: whichever there is
   */
  uninstall(meant?: string | null): Promise<UninstallOutcome>;
}

/** `unconfirmed`: the tokens are forgotten, but HubSpot did not say that the app is gone. `replaced`: another installation stays. */
export type UninstallOutcome = 'uninstalled' | 'unconfirmed' | 'replaced';

export interface AccessTokenDeps {
  pool: Pool;
  log: Logger;
  ring: KeyRing;
  app: OAuthApp;
  portalId: string;
  /** Where a person installs the app. */
  installUrl: string;
  /** Of one token call, from its beginning to its reply. */
  callDeadlineMs: number;
}

/** A refresh is nobody else's business for the longest call and this; its own call starts only within half of it. */
const leaseSpareMs = 5_000;
/** How often those who wait for another's refresh look. */
const lookAgainMs = 50;

export function createAccessTokens(deps: AccessTokenDeps): AccessTokens {
  const { pool, portalId, installUrl } = deps;

  /** A failure that only a person can end is the portal's state, until the app is installed anew. */
  async function pausing<Result>(work: (met: Met) => Promise<Result>): Promise<Result> {
    const met: Met = { installation: null };
    try {
      return await work(met);
    } catch (error) {
      const failure = error instanceof SealFailure ? personNeeded(sealedWords(error)) : error;
      if (failure instanceof HubSpotFailure && failure.action === 'pausePortal')
        await pauseInstallation(pool, portalId, met.installation, null, failure.verdict.reason);
      throw failure;
    }
  }

  return {
    current: () => pausing((met) => currentToken(deps, met)),
    refused: (token) => pausing((met) => anotherIsToBeHad(deps, met, token)),
    async uninstall(meant) {
      const met: Met = { installation: null };
      const outcome = await uninstalled(deps, met, meant);
      const reason = `the app was uninstalled; to go on, install it: ${installUrl}`;
      if (outcome !== 'replaced') await forgetTokens(pool, portalId, met.installation, reason);
      return outcome;
    },
  };
}

async function anotherIsToBeHad(deps: AccessTokenDeps, met: Met, token: string): Promise<boolean> {
  const held = await findTokens(deps.pool, deps.portalId);
  if (!held || held.isRevoked) return true;
  met.installation = held.installation;
  if (!equalText(token, openToken(deps.ring, held, 'access'))) return true;
  return refuseToken(deps.pool, held);
}

/** @throws HubSpotFailure that passes: then nothing is forgotten yet */
async function uninstalled(
  deps: AccessTokenDeps,
  met: Met,
  meant: string | null | undefined,
): Promise<UninstallOutcome> {
  const isAnother = () => meant !== undefined && met.installation !== null && met.installation !== meant;
  try {
    const token = await currentToken(deps, met);
    if (isAnother()) return 'replaced';
    try {
      await uninstallApp(deps.app, token);
    } catch (error) {
      const isRefused = error instanceof HubSpotFailure && error.status === 401;
      const now: Met = { installation: null };
      if (!isRefused || !(await anotherIsToBeHad(deps, now, token))) throw error;
      const another = await currentToken(deps, now);
      // Whoever installed it anew meanwhile wants to keep it.
      if (now.installation === met.installation) await uninstallApp(deps.app, another);
    }
    return 'uninstalled';
  } catch (error) {
    if (isAnother()) return 'replaced';
    const isPassing = error instanceof HubSpotFailure && /^retry/.test(error.action);
    if (isPassing || !(error instanceof HubSpotFailure || error instanceof SealFailure)) throw error;
    const { log, portalId } = deps;
    log.warn({ event: 'oauth_not_uninstalled', portalId, err: error }, 'HubSpot did not uninstall the app');
    return 'unconfirmed';
  }
}

/** The installation that was found last: what failed, failed with it. */
interface Met {
  installation: string | null;
}

async function currentToken(deps: AccessTokenDeps, met: Met): Promise<string> {
  const { pool, ring, portalId, app, installUrl, callDeadlineMs } = deps;
  const leaseMs = callDeadlineMs + leaseSpareMs;
  const until = performance.now() + 2 * leaseMs;
  while (performance.now() < until) {
    const held = await findTokens(pool, portalId);
    met.installation = held?.installation ?? null;
    if (!held)
      throw personNeeded(`the app is not installed in account ${portalId}; install it: ${installUrl}`);
    if (held.isRevoked) throw personNeeded(goneWords(installUrl));
    if (held.clientId !== app.clientId)
      throw personNeeded(`the tokens are of another app; install this one: ${installUrl}`);
    if (held.isFresh) return openToken(ring, held, 'access');
    const askedAt = performance.now();
    const fence = await takeRefresh(pool, held, leaseMs);
    if (fence !== null) {
      if (performance.now() - askedAt < leaseSpareMs / 2) await refresh(deps, held, fence);
    } else if (held.isAlive) {
      return openToken(ring, held, 'access');
    } else if (held.retryMs > 0) {
      throw ownFailure(
        'oauth.refresh',
        'retryAfter',
        'the access token could not be refreshed',
        held.retryMs,
      );
    } else await sleep(lookAgainMs);
  }
  throw ownFailure('oauth.refresh', 'retry', 'nobody could refresh the access token');
}

/** Refreshes under a fence. What HubSpot does not give is an error only where the old token has ended. */
async function refresh(deps: AccessTokenDeps, held: HeldTokens, fence: string): Promise<void> {
  const { pool, ring, portalId, app, log, installUrl } = deps;
  const mine = { portalId, fence };
  try {
    const granted = await refreshTokens(app, openToken(ring, held, 'refresh'));
    const isKept = await settleRefresh(pool, ring, mine, granted);
    if (isKept) log.info({ event: 'oauth_refreshed', portalId }, 'the access token was refreshed');
  } catch (error) {
    if (error instanceof TokenFailure && error.fault === 'revoked') {
      const gone = personNeeded(`${error.verdict.reason}; to go on, install it again: ${installUrl}`);
      // Unless somebody has installed it anew meanwhile: then this was about the former tokens.
      if (!(await endInstall(pool, mine, gone.verdict.reason))) return;
      log.error({ event: 'oauth_revoked', portalId, code: error.category }, 'the installation is gone');
      throw gone;
    }
    await failRefresh(pool, mine, (error instanceof HubSpotFailure && error.verdict.afterMs) || 0);
    if (!(error instanceof HubSpotFailure) || !held.isAlive) throw error;
    log.warn({ event: 'oauth_refresh_failed', portalId, err: error }, 'the access token lives on for now');
  }
}

function personNeeded(reason: string): HubSpotFailure {
  return ownFailure('oauth.token', 'pausePortal', reason);
}

function goneWords(installUrl: string): string {
  return `the app was uninstalled in HubSpot, or its access was withdrawn; to go on, install it again: ${installUrl}`;
}

function sealedWords({ message }: SealFailure): string {
  return `the stored tokens cannot be read (${message}): correct TRIBUTARY_KEYS`;
}
