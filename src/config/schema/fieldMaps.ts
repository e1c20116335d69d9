import { z } from 'zod';
import type { TransformStep } from '../../domain/rules';
import { transformStep as namedStep } from '../../domain/values/transforms';
import { oneOrMore, path, section, text } from './values';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** One step as it is written: a bare name, or a name with its arguments (or its one bare argument). */
export const transformStep = z
  .union([
    z.string().min(1).describe('Name of a transform without arguments, e.g. `trim`.'),
    z
      .record(z.string(), z.json())
      .describe('Name of a transform with its arguments, e.g. `{ e164: { regionFrom: country } }`.'),
  ])
  .transform((written): TransformStep => {
    if (typeof written === 'string') return { name: written, args: {} };
    const [step] = Object.entries(written);
    return step ? namedStep(step[0], step[1]) : { name: '', args: {} };
  })
  .meta({
    id: 'transformStep',
    description: 'One step of a field map; the transforms are listed in docs/configuration.md.',
  });

const fieldSection = section({
  from: oneOrMore(path)
    .optional()
    .describe('Dotted path in the source record; of several the first that is not empty is taken.'),
  expression: text
    .max(4_000)
    .optional()
    .describe(
      "CEL expression over `record`, instead of `from`, e.g. `record.is_paying ? 'customer' : 'lead'`.",
    ),
  default: scalar
    .optional()
    .describe(
      'Taken where the source has no value, before the transforms; alone (without `from`) a constant.',
    ),
  transforms: z.array(transformStep).max(20).default([]).describe('Steps applied in order to the value.'),
  emptyClears: z
    .boolean()
    .default(false)
    .describe(
      'An empty value at the source clears the property. Otherwise empty means unknown and changes nothing.',
    ),
  required: z
    .boolean()
    .default(false)
    .describe('A record without this value is a problem and is not used at all.'),
});

/** How one property is filled: a path alone, or a section. */
export const fieldMap = z.union([path.transform((from) => fieldSection.parse({ from })), fieldSection]).meta({
  id: 'fieldMap',
  description: 'How one HubSpot property is read from a source record: a path, or a section.',
});

export const referenceMap = section({
  to: text.describe('The stream whose records are meant, as `source.stream`.'),
  from: path.describe('Dotted path to the other record’s key.'),
  labels: z
    .array(text)
    .max(10)
    .default([])
    .describe(
      'Association labels by name; `primary` for the primary company, from either side (of several that sources name, that of the strongest source). Empty: an unlabelled association.',
    ),
}).describe('A pointer to a record of another stream; becomes an association in HubSpot.');
