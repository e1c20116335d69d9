import { z } from 'zod';
import { transformStep } from './fieldMaps';
import { oneOrMore, propertyName, section, text } from './values';

/** What is written back to the records of a stream, and how. */

const target = text.max(400).describe('Column, or dotted path in the body.');

const fieldSection = section({
  to: target,
  transforms: z
    .array(transformStep)
    .max(20)
    .default([])
    .describe('Steps applied in order: the way back of the map, e.g. an `enum` the other way round.'),
  as: z
    .enum(['text', 'number', 'boolean'])
    .default('text')
    .describe('What the system wants: text, a number, or true/false.'),
});

const writeBackField = z.union([target.transform((to) => fieldSection.parse({ to })), fieldSection]).meta({
  id: 'writeBackField',
  description: 'Where one golden property is written: a column or path, or a section.',
});

const fields = z
  .record(propertyName, writeBackField)
  .refine((all) => Object.keys(all).length > 0, 'says nothing about what is written back')
  .describe('HubSpot property, which the stream’s `map` must fill too: where its golden value is written.');

export const sqlWriteBack = section({
  fields,
  table: text.optional().describe('Table that is written. Default: the one that is read.'),
  key: oneOrMore(text)
    .optional()
    .describe('Its columns that hold the record’s key. Default: named as those of `recordKey`.'),
  upsert: z
    .boolean()
    .default(false)
    .describe('A record that the table lacks is inserted (it needs a unique key); else it is a problem.'),
  statement: text
    .optional()
    .describe(
      'One statement instead of `table`; `:name` stands for a field of the key or a column of `fields`, null where it did not change.',
    ),
}).describe('Golden values that are written back to the records of this stream.');

export const restWriteBack = section({
  fields,
  method: z.enum(['PATCH', 'PUT', 'POST']).default('PATCH').describe('HTTP method.'),
  path: text.describe(
    'Path of one record, appended to the base URL; `{field}` stands for a field of the record’s key.',
  ),
  query: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe('Fixed query parameters.'),
  body: z
    .json()
    .optional()
    .describe(
      'JSON body; `{field}` stands for a field of the key or a path of `fields`, `{changes}` for all that changed. Default: what changed.',
    ),
  errorAt: text
    .optional()
    .describe(
      'Dotted path in a reply of status 2xx where an error stands if the change was refused all the same, e.g. `errors`. Default: the status decides.',
    ),
  idempotencyHeader: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'is no header name')
    .default('Idempotency-Key')
    .describe('Header with a key that is the same whenever the same change is sent again.'),
}).describe('Golden values that are written back to the records of this stream.');

export type WriteBackFieldConfig = z.output<typeof writeBackField>;
