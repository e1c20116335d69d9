import { z } from 'zod';
import { cleanText, isCleanText } from '../domain/values/cleanText';

/**
 * What HubSpot answers, parsed once. Objects are loose: fields that we do not know survive. Only what the
 * code relies on is required; HubSpot leaves the rest out now and then.
 */

/** Ids are strings to us (facts §3.1); some endpoints send numbers. */
const idSchema = z.union([z.string(), z.number().transform(String)]);

/** Property values by name; null and absent both mean "no value" (facts §4.2). */
export type PropertyBag = Record<string, string | null>;

/**
 * A property bag. Hand-written instead of `z.record`: it is nearly all of a reply's bytes, and a page of 100
 * records must parse in well under 1 ms. Values are strings on the wire; a stray number or boolean becomes one. What
 * no database can hold goes: a text that HubSpot cut inside of an emoji would stop all that is read along with it.
 */
const propertyBagSchema = z.unknown().transform((value, context): PropertyBag => {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    context.addIssue({ code: 'custom', message: 'properties must be an object' });
    return z.NEVER;
  }
  const bag = value as Record<string, unknown>;
  let copy: Record<string, unknown> | null = null;
  for (const name in bag) {
    const held = bag[name];
    if (held === null || (typeof held === 'string' && isCleanText(held))) continue;
    copy ??= { ...bag };
    if (typeof held === 'string') copy[name] = cleanText(held);
    else copy[name] = held === undefined ? null : cleanText(JSON.stringify(held));
  }
  return (copy ?? bag) as PropertyBag;
});

const versionSchema = z.looseObject({
  value: z.string().transform(cleanText).nullish(),
  timestamp: z.string(),
  sourceType: z.string().nullish(),
  sourceId: z.string().nullish(),
  sourceLabel: z.string().nullish(),
  updatedByUserId: z.number().nullish(),
});

const inlineAssociationsSchema = z.record(
  z.string(),
  z.looseObject({ results: z.array(z.looseObject({ id: idSchema, type: z.string().optional() })) }),
);

/** One record of any object type. */
export const recordSchema = z.looseObject({
  id: idSchema,
  properties: propertyBagSchema,
  propertiesWithHistory: z.record(z.string(), z.array(versionSchema)).optional(),
  createdAt: z.string().optional(),
  updatedAt: z.string().optional(),
  archived: z.boolean().optional(),
  archivedAt: z.string().optional(),
  associations: inlineAssociationsSchema.optional(),
  objectWriteTraceId: z.string().nullish(),
  new: z.boolean().optional(),
});
export type HubSpotRecord = z.infer<typeof recordSchema>;

const pagingSchema = z.looseObject({ next: z.looseObject({ after: idSchema }).nullish() }).nullish();

/** A page of `item`s; `paging.next.after` is opaque. */
export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.looseObject({ results: z.array(item), paging: pagingSchema });
}
export const recordPageSchema = pageSchema(recordSchema);

/** A batch read's reply: found rows, and one `OBJECT_NOT_FOUND` error for all that are missing (207). */
export const batchReadSchema = z.looseObject({
  results: z.array(recordSchema),
  errors: z.array(z.unknown()).optional(),
});

export const searchSchema = z.looseObject({
  total: z.number(),
  results: z.array(recordSchema),
  paging: pagingSchema,
});

const optionSchema = z.looseObject({
  label: z.string().nullish(),
  value: z.string(),
  hidden: z.boolean().nullish(),
});

export const propertySchema = z.looseObject({
  name: z.string(),
  label: z.string().nullish(),
  type: z.string(),
  fieldType: z.string(),
  groupName: z.string().nullish(),
  options: z.array(optionSchema).nullish(),
  calculated: z.boolean().nullish(),
  hubspotDefined: z.boolean().nullish(),
  hasUniqueValue: z.boolean().nullish(),
  externalOptions: z.boolean().nullish(),
  referencedObjectType: z.string().nullish(),
  archived: z.boolean().nullish(),
  modificationMetadata: z
    .looseObject({ readOnlyValue: z.boolean().nullish(), readOnlyDefinition: z.boolean().nullish() })
    .nullish(),
});
export type HubSpotProperty = z.infer<typeof propertySchema>;

export const propertyGroupSchema = z.looseObject({ name: z.string(), label: z.string().nullish() });
export type PropertyGroup = z.infer<typeof propertyGroupSchema>;

export const validationSchema = z.looseObject({
  propertyName: z.string(),
  propertyValidationRules: z.array(
    z.looseObject({ ruleType: z.string(), ruleArguments: z.array(z.string()).nullish() }),
  ),
});
export type PropertyValidation = z.infer<typeof validationSchema>;

export const ownerSchema = z.looseObject({
  id: idSchema,
  email: z.string().nullish(),
  firstName: z.string().nullish(),
  lastName: z.string().nullish(),
  userId: z.number().nullish(),
  type: z.string().nullish(),
  archived: z.boolean().nullish(),
});
export type HubSpotOwner = z.infer<typeof ownerSchema>;

export const pipelineSchema = z.looseObject({
  id: idSchema,
  label: z.string(),
  displayOrder: z.number().nullish(),
  archived: z.boolean().nullish(),
  stages: z.array(
    z.looseObject({
      id: idSchema,
      label: z.string(),
      displayOrder: z.number().nullish(),
      archived: z.boolean().nullish(),
      metadata: z.record(z.string(), z.unknown()).nullish(),
    }),
  ),
});
export type HubSpotPipeline = z.infer<typeof pipelineSchema>;

export const customObjectSchema = z.looseObject({
  objectTypeId: z.string(),
  name: z.string(),
  fullyQualifiedName: z.string().nullish(),
  labels: z.looseObject({ singular: z.string().nullish(), plural: z.string().nullish() }).nullish(),
  primaryDisplayProperty: z.string().nullish(),
  archived: z.boolean().nullish(),
});
export type CustomObject = z.infer<typeof customObjectSchema>;

export const associationLabelSchema = z.looseObject({
  category: z.string(),
  typeId: z.number(),
  label: z.string().nullish(),
});
export type AssociationLabel = z.infer<typeof associationLabelSchema>;

export const accountDetailsSchema = z.looseObject({
  portalId: z.union([z.number(), z.string()]).transform(Number),
  accountType: z.string().nullish(),
  timeZone: z.string().nullish(),
  companyCurrency: z.string().nullish(),
  additionalCurrencies: z.array(z.string()).nullish(),
  utcOffset: z.string().nullish(),
  utcOffsetMilliseconds: z.number().nullish(),
  uiDomain: z.string().nullish(),
  dataHostingLocation: z.string().nullish(),
});
export type AccountDetails = z.infer<typeof accountDetailsSchema>;

export const dailyUsageSchema = z.looseObject({
  name: z.string().nullish(),
  currentUsage: z.number().nullish(),
  usageLimit: z.number().nullish(),
  collectedAt: z.string().nullish(),
  fetchStatus: z.string().nullish(),
  resetsAt: z.string().nullish(),
});
export type DailyUsage = z.infer<typeof dailyUsageSchema>;
