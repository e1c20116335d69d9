import type { MappedRecord } from '../../src/domain/record';
import type { FieldMap, FieldRule, ObjectRules, ReferenceData, StreamMap } from '../../src/domain/rules';

/** Small builders for the tables: only what a test is about is written in the test. */

export const reference: ReferenceData = {
  options: {
    industry: [
      { label: 'Language schools', value: 'LANGUAGE_SCHOOLS' },
      { label: 'Publishing', value: 'PUBLISHING' },
    ],
    plan: [
      { label: 'Basic', value: 'basic' },
      { label: 'Pro', value: 'pro' },
    ],
  },
  ownersByEmail: { 'owner@example.org': '101' },
  pipelines: [
    {
      id: 'default',
      label: 'Sales',
      stages: [
        { id: 'closedwon', label: 'Closed won' },
        { id: 'open', label: 'Open' },
      ],
    },
    {
      id: 'p2',
      label: 'Renewals',
      stages: [
        { id: 'r-open', label: 'Open' },
        { id: 'r-late', label: 'Late' },
      ],
    },
  ],
};

export function fieldMap(property: string, map: Partial<FieldMap> = {}): FieldMap {
  return { property, from: [property], transforms: [], emptyClears: false, required: false, ...map };
}

export function fieldRule(property: string, rule: Partial<FieldRule> = {}): FieldRule {
  return {
    property,
    type: 'string',
    ownership: 'source',
    resolve: 'precedence',
    precedence: ['a', 'b'],
    ...rule,
  };
}

export function objectRules(fields: FieldRule[]): ObjectRules {
  const identity = {
    rules: [{ name: 'email', fields: ['email'], fold: 'email' as const }],
    maxSharers: 3,
    notEvidence: [],
    neverJoin: [],
  };
  return {
    objectType: 'contacts',
    fields,
    identity,
    requiredAny: [],
    whenArchived: 'leave',
    configNumber: 1,
  };
}

export function streamMap(fields: FieldMap[], map: Partial<StreamMap> = {}): StreamMap {
  return { source: 'a', stream: 's', objectType: 'contacts', fields, references: [], ...map };
}

/** A mapped record from `source/key` and `property: [value, at]`, where `at` is a day of January 2024. */
export function mapped(
  name: string,
  fields: Record<string, [value: string, day: number, ours?: true]>,
): MappedRecord {
  const [source = '', key = ''] = name.split('/');
  const entries = Object.entries(fields).map(([property, [value, day, ours]]) => [
    property,
    { value, at: onDay(day), ...(ours && { ours }) },
  ]);
  return {
    source,
    stream: 's',
    key,
    objectType: 'contacts',
    fields: Object.fromEntries(entries),
    references: [],
    identityKeys: [],
  };
}

export function onDay(day: number): string {
  return `2024-01-${String(day).padStart(2, '0')}T00:00:00.000Z`;
}
