import { duration, secretRef, section } from './values';

/** Access to HubSpot's Webhooks Journal: only OAuth apps have it (facts §8.2). */
export const journal = section({
  clientId: secretRef.describe('Where the client id of the app stands: `env:NAME` or `file:/path`.'),
  clientSecret: secretRef.describe('Where the client secret of the app stands.'),
  wait: duration
    .prefault('1m')
    .describe(
      'What is younger than this is left to the webhooks, which tell most of it first. `0s` where there are none.',
    ),
}).describe(
  'HubSpot keeps for three days what happened, for apps that have access to its Webhooks Journal. It is read every minute, so that nothing is missed that no webhook told.',
);
