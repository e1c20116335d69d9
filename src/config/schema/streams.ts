import { z } from 'zod';
import { fieldMap, referenceMap } from './fieldMaps';
import { restWriteBack, sqlWriteBack } from './writeBack';
import { duration, name, oneOrMore, path, propertyName, region, section, text, timeZone } from './values';

/** What every stream has, whatever kind its source is. */
const streamShape = {
  object: name.describe(
    'The object type (of `objects`) that its records feed. To feed another one later, give the stream a new name too.',
  ),
  recordKey: oneOrMore(path).describe('Field(s) whose values are the record’s key at the source.'),
  cursor: path
    .optional()
    .describe(
      'Field by which changes are ordered (a time or a growing number). Without it every read is a full one.',
    ),
  lookback: duration
    .prefault('10m')
    .describe('How much before the last cursor is read again, for rows committed late. Only for times.'),
  pageSize: z.int().min(1).max(5_000).default(1_000).describe('Most records per page.'),
  whenGone: z
    .enum(['keep', 'withdraw', 'archive'])
    .default('keep')
    .describe(
      'What a record that is gone at the source means, decided by complete reads only: nothing, its values count no more, or the HubSpot record is archived.',
    ),
  changedAt: path
    .optional()
    .describe('Field with the time of the record’s last change, for `resolve: recent`. Default: the cursor.'),
  timeZone: timeZone
    .optional()
    .describe('Zone of times without one. Default: the source’s, then the file’s.'),
  defaultRegion: region
    .optional()
    .describe('Country of phone numbers without a country code. Default: the file’s.'),
  map: z.record(propertyName, fieldMap).describe('HubSpot property: how it is filled.'),
  references: z.array(referenceMap).max(20).default([]).describe('Associations to records of other streams.'),
};

export const sqlStream = section({
  ...streamShape,
  table: text.optional().describe('Table or view, with its schema. Instead of `query`.'),
  query: text
    .optional()
    .describe('One select statement without `order by`; it is wrapped for paging. Instead of `table`.'),
  writeBack: sqlWriteBack.optional(),
});

const sizeParameter = text.optional().describe('Query parameter that carries the page size.');
const pagination = z
  .discriminatedUnion('type', [
    section({ type: z.literal('none').describe('Everything comes in one reply.') }),
    section({
      type: z.literal('cursor').describe('The reply names the next page.'),
      parameter: text.describe('Query parameter that carries the mark.'),
      nextFrom: path.describe('Path of the next mark in the reply; empty or absent on the last page.'),
      sizeParameter,
    }),
    section({
      type: z.literal('page').describe('Pages are numbered.'),
      parameter: text.describe('Query parameter that carries the page number.'),
      first: z.int().min(0).max(1).default(1).describe('Number of the first page.'),
      sizeParameter,
    }),
    section({
      type: z.literal('offset').describe('Records are counted.'),
      parameter: text.describe('Query parameter that carries the number of records to skip.'),
      sizeParameter,
    }),
    section({
      type: z.literal('link').describe('The `Link` header names the next page (`rel="next"`, RFC 8288).'),
      sizeParameter,
    }),
  ])
  .prefault({ type: 'none' })
  .describe('How further pages are asked for.');

export const restStream = section({
  ...streamShape,
  path: text.describe('Path of the list, appended to the base URL.'),
  method: z.enum(['GET', 'POST']).default('GET').describe('HTTP method.'),
  query: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe('Fixed query parameters.'),
  body: z.json().optional().describe('JSON body of a POST; parameters of paging and cursor then go into it.'),
  items: z
    .string()
    .default('')
    .describe('Path of the list of records in the reply. Empty: the reply itself is the list.'),
  pagination,
  cursorParameter: text
    .optional()
    .describe(
      'Query parameter that asks for records changed since the cursor. Without it every read is a full one.',
    ),
  cursorFormat: z
    .enum(['asGiven', 'iso', 'epochSeconds', 'epochMs'])
    .default('asGiven')
    .describe('How the cursor is written into the parameter; `asGiven`: as the source wrote it.'),
  writeBack: restWriteBack.optional(),
});

export const filesStream = section({
  ...streamShape,
  pattern: text.describe(
    'File names of this stream; `*` stands for any characters, e.g. `referrals-*.csv`. A file feeds one stream.',
  ),
  format: z.enum(['csv', 'jsonl']).describe('CSV with a header line, or JSON Lines.'),
  ready: z
    .enum(['done', 'stable'])
    .default('stable')
    .describe(
      'A file is complete when `<file>.done` stands beside it, or when it has not changed for `stableFor`.',
    ),
  stableFor: duration.prefault('10s').describe('See `ready`.'),
  delimiter: z.string().length(1).default(',').describe('CSV: what separates fields, e.g. `;`.'),
  encoding: z
    .enum(['utf8', 'latin1', 'utf16le'])
    .default('utf8')
    .describe('How the text is encoded; a byte order mark is understood anyway.'),
  columns: z
    .array(text)
    .max(1_000)
    .optional()
    .describe('CSV: column names, for files without a header line.'),
});
