import { z } from 'zod';
import { journal } from './journal';
import { oauth } from './oauth';
import { address, name, secretRef, section } from './values';

/** API versions whose paths the client knows (facts §1.2). */
const apiVersions = ['v3', '2026-03', '2026-09'] as const;

const limits = section({
  burstPer10Seconds: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe(
      'Calls per 10 seconds, where fewer than HubSpot grants shall be used. Default: what HubSpot says.',
    ),
  associationsPer10Seconds: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe('Association calls per 10 seconds. Default: what HubSpot documents.'),
  searchPerSecond: z
    .int()
    .min(1)
    .max(50)
    .default(5)
    .describe('Search calls per second of the whole account.'),
});

const webhooks = section({
  clientSecret: secretRef
    .optional()
    .describe(
      'Where the client secret of the app stands that sends webhooks for this portal. Default: that of `oauth`.',
    ),
  acceptV1: z
    .boolean()
    .default(false)
    .describe(
      'Also take requests that carry only a signature of version 1, which covers neither address nor time: for private apps that send no version 3.',
    ),
});

const audit = section({
  schedule: name.describe('A schedule of `schedules`.'),
});

const portal = section({
  portalId: z
    .int()
    .positive()
    .optional()
    .describe(
      'The HubSpot account id this configuration is bound to: a token of any other account is refused.',
    ),
  apiVersion: z
    .enum(apiVersions)
    .default('2026-09')
    .describe('Version of the HubSpot API, which decides paths and validation rules.'),
  accessToken: secretRef
    .optional()
    .describe('Where the private app or service key token stands: `env:NAME` or `file:/path`. Or `oauth`.'),
  oauth: oauth.optional(),
  baseUrl: address
    .optional()
    .describe(
      'Address of the API, for a proxy or a stand-in. HUBSPOT_BASE_URL overrides it. Default: https://api.hubapi.com.',
    ),
  webhooks: webhooks
    .optional()
    .describe('Webhooks of HubSpot, sent to `/webhooks/hubspot`. Without it none are accepted.'),
  journal: journal.optional(),
  audit: audit
    .optional()
    .describe(
      'When all of HubSpot is read and compared with what it is known to hold; what differs is repaired. Without it only by hand (`tributary audit`).',
    ),
  writeBack: z
    .boolean()
    .default(true)
    .describe(
      'Whether golden values are written back to the sources that take them (`writeBack` of a stream).',
    ),
  limits: limits.prefault({}).describe('How much of the shared quota is used.'),
});

/** HubSpot accounts by a name of ours. */
export const portals = z
  .record(name, portal)
  .refine((all) => Object.keys(all).length > 0, 'at least one portal is needed')
  .describe('HubSpot accounts, by a name of your choice.');

export type PortalConfig = z.output<typeof portal>;
