import type { Pool } from 'pg';
import { closeBreaker, noteAnswer, noteFailure, openBreaker, takeProbe } from '../../db/delivery/breaker';
import { breakerPauseMs } from '../../domain/delivery/breaker';
import { readAccountDetails } from '../../hubspot/accountInfo';
import { HubSpotFailure, replyFailure } from '../../hubspot/hubspotFailure';
import type { HubSpotClient, HubSpotReply } from '../../hubspot/client';
import type { ActivityContext } from '../context';
import { leasedClient } from '../quota/leasedClient';
import { laneNumbers } from '../../domain/record';

/** The first pause is a part of the longest call: long enough for a hiccup, too short to be noticed. */
const firstPauseOf = (callDeadlineMs: number) => callDeadlineMs / 4;

/** A client that tells the breaker how every call ended. */
export function watchedClient(
  pool: Pool,
  client: HubSpotClient,
  portalId: string,
  callDeadlineMs: number,
): HubSpotClient {
  return {
    apiVersion: client.apiVersion,
    async send(request) {
      let reply: HubSpotReply;
      try {
        reply = await client.send(request);
      } catch (error) {
        // An access token that can be renewed says nothing of HubSpot's health.
        if (error instanceof HubSpotFailure && error.action !== 'refreshToken')
          await noteHealth(pool, portalId, callDeadlineMs, error);
        throw error;
      }
      // A reply is never lost for this: a health that could not be stored now is told by the next call.
      await noteHealth(pool, portalId, callDeadlineMs, reply).catch(() => undefined);
      return reply;
    },
  };
}

/**
 * Counts what a call's end says about the portal's health: HubSpot's own failures, silence and an expired token in a
 * row open the breaker. What it refuses or asks to slow down for is an answer.
 */
async function noteHealth(
  pool: Pool,
  portalId: string,
  callDeadlineMs: number,
  end: HubSpotReply | HubSpotFailure,
): Promise<void> {
  const isAnswered = end.status !== null && end.status < 500 && end.status !== 401;
  if (isAnswered) return noteAnswer(pool, portalId);
  const { failures, openings, isPaused } = await noteFailure(pool, portalId);
  const pauseMs = breakerPauseMs(failures, openings, firstPauseOf(callDeadlineMs));
  if (pauseMs === null || isPaused) return;
  const { message } = end instanceof HubSpotFailure ? end : replyFailure(end);
  await openBreaker(pool, portalId, pauseMs, message);
}

/**
 * Makes the one call of a half-open breaker: a read that needs nothing but a healthy HubSpot and our token. Its failure
 * pauses again, for longer.
 * @returns whether the breaker is closed now
 */
export async function probePortal(context: ActivityContext, portalId: string): Promise<boolean> {
  const { pool, limits } = context;
  if (!(await takeProbe(pool, portalId, limits.callDeadlineMs))) return false;
  const client = leasedClient(
    context,
    await context.clientOf(portalId),
    portalId,
    laneNumbers.realtime,
    null,
  );
  try {
    await readAccountDetails(client);
  } catch (error) {
    if (error instanceof HubSpotFailure) return false;
    throw error;
  }
  await closeBreaker(pool, portalId);
  return true;
}
