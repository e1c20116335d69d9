import { z } from 'zod';
import { address, duration, oneOrMore, secretRef, section, setting, text } from './values';

/** How each kind of source system is reached. Every secret is a reference. */

export const sqlConnection = section({
  dialect: z
    .enum(['postgres', 'sqlserver'])
    .describe('`postgres`, or `sqlserver` for SQL Server, Azure SQL and Azure Synapse.'),
  url: setting.describe(
    'Connection URL (for sqlserver also an ADO connection string), best as a reference; never with a password in it.',
  ),
  timeout: duration.prefault('60s').describe('Longest time of one query.'),
}).describe('A database. Read-only rights are enough, where nothing is written back.');

const noAuth = section({ type: z.literal('none') });
const bearerAuth = section({
  type: z.literal('bearer'),
  token: secretRef.describe('Where the token stands.'),
});
const apiKeyAuth = section({
  type: z.literal('apiKey'),
  header: text.default('X-Api-Key').describe('Header that carries the key.'),
  key: secretRef.describe('Where the key stands.'),
});
const basicAuth = section({
  type: z.literal('basic'),
  user: setting.describe('User name.'),
  password: secretRef.describe('Where the password stands.'),
});
const oauthAuth = section({
  type: z.literal('oauthClientCredentials'),
  tokenUrl: address.describe('Address that gives the access token.'),
  clientId: setting.describe('Client id.'),
  clientSecret: secretRef.describe('Where the client secret stands.'),
  scopes: oneOrMore(text).optional().describe('Scopes to ask for.'),
  audience: text.optional().describe('Audience to ask for, where the server wants one.'),
  credentialsIn: z
    .enum(['header', 'body'])
    .default('header')
    .describe('Where the client id and secret go (RFC 6749 §2.3.1).'),
});

export const restConnection = section({
  baseUrl: address.describe('Address that the paths of the streams are appended to.'),
  auth: z
    .discriminatedUnion('type', [noAuth, bearerAuth, apiKeyAuth, basicAuth, oauthAuth])
    .prefault({ type: 'none' })
    .describe('How requests are authorised.'),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9-]+$/, 'is no header name'), setting)
    .default({})
    .describe('Further headers of every request.'),
  requestsPerSecond: z.number().gt(0).max(1_000).default(10).describe('Most requests per second.'),
  timeout: duration.prefault('30s').describe('Longest time of one request.'),
}).describe('A JSON API over HTTP.');

export const filesConnection = section({
  folder: setting.describe('The drop folder; the worker must be able to move files in it.'),
  doneFolder: text
    .default('processed')
    .describe('Where taken files are moved to: absolute, or a folder inside the drop folder.'),
}).describe('A folder where partners drop files.');
