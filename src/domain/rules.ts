import type { PropertyType } from './record';

/**
 * The configuration as the pure core sees it: already parsed, secrets gone, names resolved.
 * `src/config` produces these from `tributary.config.yaml`; nothing here knows YAML.
 */

/** One step of a field map; `name` picks a function of `transforms.ts`. */
export interface TransformStep {
  name: string;
  /** Parameters by name, e.g. `{ region: 'GB' }`, `{ zone: 'Europe/London' }`, `{ map: { A: 'a' } }`. */
  args: Record<string, unknown>;
}

/** How one HubSpot property is read from a source record. */
export interface FieldMap {
  property: string;
  /** Dotted path(s) in the payload; the first non-empty one is taken. Empty when `expression` is given. */
  from: string[];
  transforms: TransformStep[];
  /** CEL expression over `record` (the payload), the escape hatch. */
  expression?: string;
  /** Taken, before the transforms, where the source has nothing: missing, null, or empty without `emptyClears`. */
  defaultValue?: string;
  /** An explicit empty value clears instead of being unknown. */
  emptyClears: boolean;
  /** A record without this value is a problem and is not used at all. */
  required: boolean;
}

/** A reference of a stream's records to records of another stream: becomes an association. */
export interface ReferenceMap {
  toObject: string;
  toSource: string;
  toStream: string;
  /** Dotted path to the other record's key. */
  from: string;
  labels: string[];
}

/** How one golden property goes back into a record of a source. */
export interface WriteBackField {
  property: string;
  /** Column, or dotted path in the body. */
  to: string;
  /** The way back of the stream's own map, e.g. an `enum` the other way round. */
  transforms: TransformStep[];
  /** What the target wants: JSON text, number or true/false. */
  as: 'text' | 'number' | 'boolean';
}

export interface StreamMap {
  source: string;
  stream: string;
  objectType: string;
  fields: FieldMap[];
  references: ReferenceMap[];
  /** Dotted path to the time the record last changed at the source, if the stream has one. */
  changedAt?: string;
  /** The zone of zoneless times of this stream. */
  timeZone?: string;
  defaultRegion?: string;
  /** What is written back to its records; absent: it is only read. */
  writeBack?: WriteBackField[];
}

export const whensArchived = ['leave', 'recreate'] as const;
export type WhenArchived = (typeof whensArchived)[number];

export const ownerships = ['source', 'hubspot', 'shared', 'fillEmpty'] as const;
export type Ownership = (typeof ownerships)[number];

/** What becomes of an edit that somebody makes in HubSpot to a field that sources own. */
export const editPolicies = ['revert', 'accept', 'review'] as const;
export type EditPolicy = (typeof editPolicies)[number];

export interface FieldRule {
  property: string;
  /** Known from the portal's own property definition (or the configuration where we create it). */
  type: PropertyType;
  ownership: Ownership;
  /** Of fields that sources own; `revert` where absent. */
  onHubSpotEdit?: EditPolicy;
  /** How long an accepted edit counts, from the time of the edit; absent: until the source's value changes. */
  pinForMs?: number;
  /** How sources compete: by the order of `precedence`, or whose value changed last. */
  resolve: 'precedence' | 'recent';
  /** Source names, strongest first; a source not named comes after all named, by name. */
  precedence: string[];
  /** A one-way consent field: this value from anyone wins and is never cleared by us. */
  optOutValue?: string;
}

export interface IdentityRule {
  /** Names the rule in keys and reviews: 'email', 'phone', 'domain'. */
  name: string;
  /** Properties whose values are keys; multi-values are split at ';'. */
  fields: string[];
  /** How a value is folded to a key. */
  fold: 'email' | 'phone' | 'domain' | 'exact' | 'caseless';
  /** A shared key counts only when these fields' joined text is at least this similar (Jaro-Winkler). */
  similar?: { fields: string[]; above: number };
}

export interface IdentityRules {
  rules: IdentityRule[];
  /** A key held by more records of one stream than this is no evidence. */
  maxSharers: number;
  /** Listed keys that are never evidence: exact folded values or `info@*` patterns. */
  notEvidence: string[];
  /** Limit rules: two records with different values of one of these properties are never joined. */
  neverJoin: string[];
}

export interface ObjectRules {
  objectType: string;
  fields: FieldRule[];
  identity: IdentityRules;
  /** A golden record must have at least one of these before it is delivered (facts §3.1 minimum create properties). */
  requiredAny: string[];
  /** A record that was archived in HubSpot: is left, or created anew when it is due again. */
  whenArchived: WhenArchived;
  /** The number of the configuration these rules come from; changes make rows due. */
  configNumber: number;
}

/** What the portal says of itself, read and cached: the ground of the reference transforms. */
export interface ReferenceData {
  /** property name → its options (label and internal value). */
  options: Record<string, { label: string; value: string }[]>;
  /** lower-case e-mail → owner id. */
  ownersByEmail: Record<string, string>;
  /** Pipelines of this object type with their stages. */
  pipelines: { id: string; label: string; stages: { id: string; label: string }[] }[];
}
