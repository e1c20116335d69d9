import { z } from 'zod';
import { filesConnection, restConnection, sqlConnection } from './connections';
import { filesStream, restStream, sqlStream } from './streams';
import { duration, name, secretRef, section, text, timeZone } from './values';

const headerName = z.string().regex(/^[A-Za-z0-9-]{1,100}$/, 'must be the name of an HTTP header');

const webhook = section({
  secret: secretRef.describe('Where the secret stands that the source signs with.'),
  header: headerName
    .default('X-Signature')
    .describe('Header that carries the signature, an HMAC of the raw body.'),
  algorithm: z.enum(['sha256', 'sha512']).default('sha256').describe('Hash of the HMAC.'),
  encoding: z.enum(['hex', 'base64']).default('hex').describe('How the signature is written.'),
  prefix: text.max(50).optional().describe('What stands before it in the header, e.g. `sha256=`.'),
  timestampHeader: headerName
    .optional()
    .describe(
      'Header with the time in seconds or milliseconds since 1970. Then `<time>.<body>` is signed, and what is more than 5 minutes off is refused.',
    ),
  idHeader: headerName
    .optional()
    .describe(
      'Header with an id of the delivery that stays the same when it is repeated. Then it is signed too, `<id>.<time>.<body>`, and repetitions are told by it: a value that came back within the same second is none.',
    ),
});

/** What every source has, whatever its kind. */
const sourceShape = {
  description: z.string().optional().describe('What this system is, for people.'),
  dependsOn: z
    .array(name)
    .max(50)
    .default([])
    .describe(
      'Sources that must be read before this one; if one fails, this one is skipped with the reason.',
    ),
  schedule: name.optional().describe('A schedule of `schedules`. Without one it is read by hand only.'),
  maxAge: duration
    .prefault('36h')
    .describe('How old the last success of a dependency may be when it is not part of the same run.'),
  maxGonePercent: z
    .number()
    .min(0)
    .max(100)
    .default(5)
    .describe('When more of a stream than this would be gone at once, a person must confirm it first.'),
  webhook: webhook
    .optional()
    .describe(
      'Records that the source sends by itself, to `/webhooks/sources/<its name>`. Without it none are accepted.',
    ),
  timeZone: timeZone
    .optional()
    .describe('Zone of times without one, for all its streams. Default: the file’s.'),
};

const sqlSource = section({
  kind: z.literal('sql').describe('A database.'),
  ...sourceShape,
  connection: sqlConnection,
  streams: z.record(name, sqlStream).describe('Lists of records, by a name of your choice.'),
});

const restSource = section({
  kind: z.literal('rest').describe('A JSON API over HTTP.'),
  ...sourceShape,
  connection: restConnection,
  streams: z.record(name, restStream).describe('Lists of records, by a name of your choice.'),
});

const filesSource = section({
  kind: z.literal('files').describe('CSV or JSON Lines files in a drop folder.'),
  ...sourceShape,
  connection: filesConnection,
  streams: z.record(name, filesStream).describe('Lists of records, by a name of your choice.'),
});

/** Systems that are read. HubSpot itself is always one of them, named `hubspot`, and needs no entry. */
export const sources = z
  .record(name, z.discriminatedUnion('kind', [sqlSource, restSource, filesSource]))
  .describe('Systems that are read. HubSpot itself is always one, named `hubspot`, without an entry.');

export type SourceConfig = z.output<typeof sources>[string];
export type StreamConfig = SourceConfig['streams'][string];
