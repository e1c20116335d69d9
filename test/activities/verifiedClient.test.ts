import { createContext } from '../../src/activities/context';
import type { ActivityDeps } from '../../src/activities/deps';
import type { HubSpotClient } from '../../src/hubspot/client';
import { replyFailure } from '../../src/hubspot/hubspotFailure';
import { noRateLimitHeaders } from '../../src/hubspot/rateLimitHeaders';
import { testDatabase } from '../support/testDatabase';

const { pool } = testDatabase();

beforeAll(async () => {
  await pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`);
  await pool.query(
    `insert into quota_buckets (portal_id, bucket, calls_max, window_ms) values (100, 'burst', 1000, 1000)`,
  );
});

/** Opens the portal with a token that HubSpot answers so. */
function openWith(status: number, message: string): Promise<HubSpotClient> {
  const body = { kind: 'json' as const, value: { status: 'error', message } };
  const failure = replyFailure({ endpoint: 'account.details', status, headers: noRateLimitHeaders, body });
  const client = { apiVersion: '2026-09', send: () => Promise.reject(failure) };
  const deps = {
    ...{ pool, log: { warn: () => undefined }, limits: { callDeadlineMs: 1_000 } },
    settings: { portals: [{ name: 'main', client }], objects: [], sources: [] },
  };
  return createContext(deps as unknown as ActivityDeps).clientOf('100');
}

test('a token that HubSpot refuses stops whoever asks for the portal; a used up day is told as it is', async () => {
  await expect(openWith(401, 'Authentication credentials not found.')).rejects.toMatchObject({
    name: 'ApplicationFailure',
    nonRetryable: true,
  });
  await expect(openWith(429, 'You have reached your daily limit.')).rejects.toMatchObject({
    name: 'HubSpotFailure',
  });
});
