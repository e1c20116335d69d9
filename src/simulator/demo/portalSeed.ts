import { demoOwners, industries, salesPipeline } from './owners';
import { casesOf, type World, type WorldObject } from './world';

/** A property that the demo's portal has beside HubSpot's own. */
export interface SeedProperty {
  object: WorldObject;
  name: string;
  label: string;
  type: 'string' | 'bool' | 'enumeration';
  fieldType: string;
  options?: readonly { label: string; value: string }[];
}

export interface SeedRecord {
  object: WorldObject;
  id: string;
  properties: Record<string, string>;
  /** Further addresses of a contact. */
  secondaryEmails: string[];
}

export interface SeedAssociation {
  fromObject: WorldObject;
  fromId: string;
  toObject: WorldObject;
  toId: string;
  types: number[];
}

/**
 * Properties that exist before `setup`: some of the configured ones (so that setup finds both kinds), some that
 * only people fill, and the industries with the labels the warehouse writes.
 */
export const seedProperties: readonly SeedProperty[] = [
  {
    object: 'contacts',
    name: 'favourite_course',
    label: 'Favourite course',
    type: 'string',
    fieldType: 'text',
  },
  {
    object: 'contacts',
    name: 'marketing_opt_out',
    label: 'Marketing opt-out',
    type: 'bool',
    fieldType: 'booleancheckbox',
  },
  {
    object: 'companies',
    name: 'registration_number',
    label: 'Registration number',
    type: 'string',
    fieldType: 'text',
  },
  {
    object: 'companies',
    name: 'industry',
    label: 'Industry',
    type: 'enumeration',
    fieldType: 'select',
    options: industries,
  },
];

export const seedOwners = demoOwners;
export const seedPipelines = { deals: [salesPipeline] } as const;

/** Every record that the portal holds before the first sync. */
export function* seedRecords(world: World): Iterable<SeedRecord> {
  for (const { object, holding } of casesOf(world)) {
    if (!holding) continue;
    const { hs_additional_emails: secondary, ...properties } = holding.properties;
    yield { object, id: holding.id, properties, secondaryEmails: secondary ? secondary.split(';') : [] };
  }
}

/** What people associated by hand; companies and contacts first, so that both ends exist. */
export function* seedAssociations(world: World): Iterable<SeedAssociation> {
  for (const { object, holding } of casesOf(world)) {
    if (!holding) continue;
    for (const { toObject, toId, types } of holding.associations) {
      yield { fromObject: object, fromId: holding.id, toObject, toId, types };
    }
  }
}
