import { builtInTypes } from './account/catalog';
import type { Install } from './oauth/oauthBook';
import { createLinkStore, type LinkStore } from './crm/links';
import { Rejected } from './rejection';
import { createTable, type ObjectTable } from './crm/recordTable';
import { defaultOwners, defaultPipelines, type Owner, type Pipeline } from './account/referenceData';

/** A property-validation rule that an admin configured (facts 1.4). */
export interface ValidationRule {
  ruleType: string;
  ruleArguments: string[];
}

/** Everything that one HubSpot account holds. */
export interface Portal {
  portalId: number;
  tables: Map<string, ObjectTable>;
  /** Names of object types (plural, singular, full name) to type ids. */
  names: Map<string, string>;
  links: LinkStore;
  owners: Map<string, Owner>;
  /** Pipelines by object type id. */
  pipelines: Map<string, Pipeline[]>;
  /** Rules by `typeId/propertyName`. */
  rules: Map<string, ValidationRule[]>;
  /** Installed apps by client id. */
  installs: Map<string, Install>;
  /** Writes that brought a value already held. */
  equalValueWrites: number;
}

/** An empty account with HubSpot's own object types, three owners and the default pipelines. */
export function createPortal(portalId: number): Portal {
  const portal: Portal = {
    portalId,
    tables: new Map(),
    names: new Map(),
    links: createLinkStore(),
    owners: new Map(defaultOwners().map((owner) => [owner.id, owner])),
    pipelines: new Map(Object.entries(defaultPipelines())),
    rules: new Map(),
    installs: new Map(),
    equalValueWrites: 0,
  };
  for (const { properties, ...about } of builtInTypes()) addTable(portal, createTable(about, properties));
  return portal;
}

/** Makes a table reachable by its id and names. */
export function addTable(portal: Portal, table: ObjectTable): void {
  portal.tables.set(table.typeId, table);
  // A custom object's bare name is refused since June 2025; `p_name` is its short form (HubSpot's changelog).
  const names = table.schema ? [`p_${table.name}`] : [table.name, table.singular];
  for (const name of [table.typeId, ...names, table.fullName]) {
    portal.names.set(name.toLowerCase(), table.typeId);
  }
}

/** The table of an object type by name, id, or a custom one's `p_name` or `p{portal}_name`. Rejected with 400 when there is none. */
export function tableOf(portal: Portal, nameOrId: string): ObjectTable {
  const table = portal.tables.get(portal.names.get(nameOrId.toLowerCase()) ?? '');
  if (table) return table;
  throw new Rejected({
    status: 400,
    category: 'VALIDATION_ERROR',
    message: `Unable to infer object type from: ${nameOrId}`,
  });
}

/** The same for people and the page, where a custom object goes by its bare name too. */
export function shownTable(portal: Portal, name: string): ObjectTable {
  return [...portal.tables.values()].find((table) => table.name === name) ?? tableOf(portal, name);
}
