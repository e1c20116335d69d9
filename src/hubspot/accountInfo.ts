import { z } from 'zod';
import type { HubSpotClient } from './client';
import { hubspotPaths } from './paths';
import { readReply } from './readReply';
import { accountDetailsSchema, dailyUsageSchema, type AccountDetails, type DailyUsage } from './schemas';

/**
 * Whose token this is: portal id, time zone (the daily limit resets at its midnight), currencies. One call.
 * Throws `HubSpotFailure`.
 */
export async function readAccountDetails(client: HubSpotClient): Promise<AccountDetails> {
  const reply = await client.send({
    method: 'GET',
    endpoint: 'account.details',
    path: hubspotPaths(client.apiVersion).accountDetails(),
    bucket: 'burst',
  });
  return readReply(reply, accountDetailsSchema);
}

/** Today's use of the private apps' shared daily limit, in calls. One call. Throws `HubSpotFailure`. */
export async function readDailyUsage(client: HubSpotClient): Promise<DailyUsage[]> {
  const reply = await client.send({
    method: 'GET',
    endpoint: 'account.dailyUsage',
    path: hubspotPaths(client.apiVersion).dailyUsage(),
    bucket: 'burst',
  });
  return readReply(reply, z.looseObject({ results: z.array(dailyUsageSchema) })).results;
}
