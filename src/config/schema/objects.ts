import { z } from 'zod';
import { editPolicies, ownerships, whensArchived } from '../../domain/rules';
import { propertyTypes } from '../../domain/record';
import { duration, name, oneOrMore, propertyName, section, text } from './values';

const folds = ['email', 'phone', 'domain', 'exact', 'caseless'] as const;

const identityRule = section({
  name: name.describe('Names the rule in reviews and explanations.'),
  fields: z
    .array(propertyName)
    .min(1)
    .max(10)
    .describe('Properties whose values are keys; several values are split at `;`.'),
  fold: z.enum(folds).describe('How a value is folded before it is compared.'),
  similar: section({
    fields: z.array(propertyName).min(1).max(10).describe('Properties whose joined text is compared.'),
    above: z.number().min(0).max(1).default(0.9).describe('Smallest similarity (Jaro-Winkler) that counts.'),
  })
    .optional()
    .describe('The key counts only between records that are also this similar.'),
});

const identity = section({
  rules: z
    .array(identityRule)
    .max(10)
    .optional()
    .describe(
      'Strongest first. Default for contacts: e-mail, then phone and name; for companies: domain; else none: the source’s own key decides.',
    ),
  maxSharers: z
    .int()
    .min(2)
    .max(1_000)
    .default(3)
    .describe('A key held by more records of one stream than this is no evidence.'),
  notEvidence: z
    .array(text)
    .max(1_000)
    .default([])
    .describe('Values that are never evidence: as they are, or a pattern like `info@*`.'),
  neverJoin: z
    .array(propertyName)
    .max(20)
    .default([])
    .describe('Records with different values of one of these are never one, e.g. two exam ids.'),
}).describe(
  'When two records are one and the same. Default for contacts and companies: see docs/configuration.md.',
);

const fieldRule = section({
  ownership: z
    .enum(ownerships)
    .default('source')
    .describe(
      'Who may change it: the sources, only people in HubSpot, both (`shared`: the most recent value), or the sources where HubSpot holds nothing (`fillEmpty`).',
    ),
  onHubSpotEdit: z
    .enum(editPolicies)
    .optional()
    .describe(
      'Of a field that sources own, when a person or another integration changes it in HubSpot: the sources’ value is written back (`revert`, the default), the edit counts (`accept`), or a person decides (`review`).',
    ),
  pinFor: duration
    .optional()
    .describe(
      'How long an accepted edit counts, from the time of the edit, e.g. `30d`. Default: until the sources’ value changes, which ends it in any case.',
    ),
  resolve: z
    .enum(['precedence', 'recent'])
    .default('precedence')
    .describe('How sources compete: by their order, or whose value changed last.'),
  precedence: z.array(name).min(1).optional().describe('Sources, strongest first, for this field only.'),
  optOut: z
    .union([z.boolean(), z.string()])
    .transform(String)
    .optional()
    .describe('One-way consent: this value from anyone wins and is never cleared by Tributary.'),
  type: z
    .enum(propertyTypes)
    .optional()
    .describe('The property’s type, where it shall be another than the portal says. Rarely needed.'),
});

const option = section({
  label: text.describe('What people see.'),
  value: z.string().min(1).describe('What is stored.'),
});

const customProperty = section({
  label: text.describe('What people see.'),
  type: z
    .enum(['string', 'number', 'bool', 'enumeration', 'date', 'datetime', 'phone_number'])
    .describe('HubSpot’s property type.'),
  fieldType: z
    .enum([
      'text',
      'textarea',
      'html',
      'phonenumber',
      'number',
      'booleancheckbox',
      'select',
      'radio',
      'checkbox',
      'date',
    ])
    .optional()
    .describe('How it is shown. Default: the plainest of its type; `checkbox` takes several values.'),
  group: propertyName.optional().describe('Property group. Default: the object’s own information group.'),
  description: z.string().optional().describe('Help text in HubSpot.'),
  unique: z.boolean().default(false).describe('HubSpot refuses a second record with the same value.'),
  options: z.array(option).min(1).max(5_000).optional().describe('The values of an enumeration.'),
});

const object = section({
  hubspotType: text
    .optional()
    .describe('HubSpot’s name of the type (`contacts`, `2-12345`, `p_courses`). Default: the name here.'),
  identity: identity.optional(),
  precedence: z
    .array(name)
    .min(1)
    .optional()
    .describe('Sources, strongest first. Default: the order in which `sources` lists them.'),
  fields: z.record(propertyName, fieldRule).default({}).describe('Rules of single properties.'),
  properties: z
    .record(propertyName, customProperty)
    .default({})
    .describe('Properties that `tributary setup` creates where they are missing.'),
  requiredAny: oneOrMore(propertyName)
    .optional()
    .describe(
      'A record is delivered only with at least one of these. Default: what HubSpot asks of its standard objects.',
    ),
  whenArchivedInHubSpot: z
    .enum(whensArchived)
    .default('leave')
    .describe(
      'A record that somebody archived in HubSpot: `leave` makes it a problem, `recreate` creates it anew when it is due again. What was deleted for good is always left.',
    ),
});

export const objects = z
  .record(name, object)
  .describe('Object types: `contacts`, `companies`, `deals`, and custom objects by a name of your choice.');

export type ObjectConfig = z.output<typeof object>;
export type CustomPropertyConfig = z.output<typeof customProperty>;
