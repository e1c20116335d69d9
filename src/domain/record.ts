/**
 * The glossary and the shapes of the river. One word per thing, the same in every layer.
 *
 * portal        one HubSpot account; every stored row carries its id
 * source        a system that is read (and perhaps written): azure, ielts, hubspot itself …
 * stream        one list of records of a source; feeds exactly one object type
 * staged        the latest raw payload of one source record, cleaned only so that Postgres can hold it
 * mapped        the same record as HubSpot properties with canonical values, identity keys and references
 * golden        the one master record of a person, company, deal …: the merge of all mapped records of a cluster
 * link          mapped record → golden record
 * identity key  a folded value (e-mail, phone, domain …) that two records of one thing share
 * anchor        a record of source `hubspot`: what HubSpot already holds
 * due           must be looked at again by the next stage
 * claim         the right to deliver some due records, with a fence number and an expiry
 * intent        a frozen change of one record, claimed and not yet settled
 * target        what golden records are delivered to: HubSpot, or a source that takes write-backs, by its name
 * known state   what a target is known to hold, from its own replies
 * batch         intents sent in one call; lease: slots of the quota; lane: realtime, partner or bulk
 * problem       a stored fault of one record or field; review: an identity question only a person can answer
 * edit          a value that somebody else than us gave a property in HubSpot, as its history names it
 * pin           an edit of a source's field that counts for a time
 * run           one syncRun, from reading to settlement
 */

/** A JSON value as it is stored. Numbers that a double cannot hold arrive as strings. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/** Where a record lives: unique inside a portal. */
export interface RecordRef {
  source: string;
  stream: string;
  key: string;
}

/** The name of the source that is HubSpot itself; its records are anchors of identity. */
export const hubspotSource = 'hubspot';

/** Our own unique property, written only to records that we create (DESIGN §5.6). */
export const tributaryIdProperty = 'tributary_id';

/** HubSpot's property types (facts §6), with multi-checkbox enumerations told apart. */
export const propertyTypes = [
  'string',
  'number',
  'bool',
  'enumeration',
  'multiEnumeration',
  'date',
  'datetime',
  'phone_number',
] as const;
export type PropertyType = (typeof propertyTypes)[number];

/** One canonical value and when this *value* (not its row) last changed, as an ISO instant. */
export interface MappedField {
  value: string;
  at: string;
  /** Only on records of targets: the value is the echo of our own write, no evidence of a person's will. */
  ours?: true;
  /** Only on records of source `hubspot`: who made this edit; `at` is then the time of HubSpot's own history. */
  by?: Editor;
  /** The writer as HubSpot's history names it, e.g. `CRM_UI userId:17`. */
  writer?: string;
}

/** Who edits in HubSpot: a person, another integration, or what nobody decided (workflows, calculations, imports of HubSpot's own). */
export const editors = ['person', 'integration', 'other'] as const;
export type Editor = (typeof editors)[number];

/** A property's newest value in HubSpot as its history tells it; '' where it was cleared. */
export interface Edit {
  value: string;
  /** HubSpot's own time of it, as an ISO instant. */
  at: string;
  by: Editor;
  writer: string;
}

/** `review`: HubSpot's value stays until a person has decided. */
export const pinStates = ['pinned', 'review', 'ended'] as const;
export type PinState = (typeof pinStates)[number];

/** Why a pin ended, or why an edit was never pinned. */
export const pinEndings = ['sourceChanged', 'expired', 'replaced', 'lifted', 'decided'] as const;
export type PinEnding = (typeof pinEndings)[number];

/** One edit of a field that sources own, and what became of it. An edit is decided on once: what ended stays ended. */
export interface Pin {
  pinId: string;
  /** The HubSpot record that was edited. */
  recordId: string;
  property: string;
  value: string;
  /** The time of the edit in HubSpot. */
  at: string;
  state: PinState;
  /** null: until the source's value changes. */
  expiresAt: string | null;
}

/** A record's pointer to another record, which becomes an association of their golden records. */
export interface RecordReference {
  toObject: string;
  toSource: string;
  toStream: string;
  toKey: string;
  /** Association labels as configured: 'primary', or a label's name or internal name; empty = unlabelled. */
  labels: string[];
}

export interface MappedRecord extends RecordRef {
  objectType: string;
  /** By HubSpot property name. A property that is absent is unknown; '' clears (only where configured). */
  fields: Record<string, MappedField>;
  references: RecordReference[];
  /** Which identity keys it holds: `rule` is the index of the object's identity rule (0 = strongest). */
  identityKeys: IdentityKey[];
}

export interface IdentityKey {
  rule: number;
  /** Folded and prefixed by the rule's name: `email:ann@example.org`. */
  key: string;
}

/** Why a golden field has its value. `review`: an edit in HubSpot that waits for a person; it is told to nobody else. */
export const mergeRules = [
  'precedence',
  'recent',
  'hubspot',
  'optOut',
  'adopted',
  'pinned',
  'review',
] as const;
export type MergeRule = (typeof mergeRules)[number];

/** A golden field's origin and the values that lost against it. */
export interface FieldOrigin extends RecordRef {
  at: string;
  rule: MergeRule;
  losers: (RecordRef & { value: string; at: string })[];
}

export interface GoldenValues {
  values: Record<string, string>;
  origins: Record<string, FieldOrigin>;
}

/** A fault found by a pure function; the activity stores it as a problem. */
export interface RecordFault {
  kind: ProblemKind;
  /** The HubSpot property concerned, or null where the whole record is. */
  field: string | null;
  /** Plain words for a person; never the value itself where it may be personal. */
  reason: string;
}

export const problemKinds = [
  'unreadable', // a line or row that the source could not turn into a record
  'invalidValue', // a field's value cannot be mapped; the rest of the record goes on
  'unresolvedReference', // an owner, stage, option or label the portal does not have
  'missingRequired', // a record without what HubSpot or the object's rules require
  'invalidRecord', // the record as a whole cannot be used (no key …)
  'waitingForParent', // an association whose other end is not (yet) known
  'rejected', // HubSpot refused it, with its own reason
  'archived', // HubSpot's record was archived or deleted there, and is left so
  'conflict', // the owner of a unique value, or of a primary company's place, is another golden record
  'defect', // our own code failed on this record; the rest went on
] as const;
export type ProblemKind = (typeof problemKinds)[number];

/** Lanes as they are stored, most urgent first. */
export const laneNumbers = { realtime: 0, partner: 1, bulk: 2 } as const;
