import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { AccessTokens } from './accessTokens';
import type { QuotaBucket } from '../db/quota/quota';
import type { ObjectRules, StreamMap } from '../domain/rules';
import type { PropertyType } from '../domain/record';
import type { MappedProperty } from '../hubspot/checkFieldMaps';
import type { HubSpotClient } from '../hubspot/client';
import type { JournalApp } from '../hubspot/journal';
import type { WantedProperty } from '../hubspot/planSetup';
import type { OpenSource } from '../sources/contract';
import type { ClaimLimits } from './quota/limits';
import type { DeliveryLane } from '../workflows/contracts';

/** What the activities need, given once by `worker/main`; nothing here reads the environment. */
export interface ActivityDeps {
  pool: Pool;
  settings: Settings;
  log: Logger;
  metrics: Metrics;
  doorbell: Doorbell;
  searchAttributes: SearchAttributes;
  /** Whether the workflow of a run still runs: it may have been deleted with all of Temporal's state. */
  isRunRunning: (runId: string) => Promise<boolean>;
  now: () => Date;
  /** What hashes of erased people are made with; null: a secret of each portal's own, kept in Postgres. */
  erasureSecret: () => string | null;
  limits: ClaimLimits;
  /** Pass points where tests end the process (DESIGN §2); does nothing in production. */
  failpoint: (name: Failpoint) => Promise<void>;
}

/** Every place between an effect and its record, in the order in which a run passes them. */
export const failpoints = [
  // The run is written, its lanes are not rung.
  'run.begun',
  // A page is read, nothing is written; all is written, not committed; committed; the source knows, the lane does not.
  'extract.read',
  'extract.staged',
  'extract.committed',
  'extract.confirmed',
  // A slice is mapped, nothing is written; all is written, not committed; committed, the lane is not rung.
  'consolidate.decided',
  'consolidate.merged',
  'consolidate.committed',
  // All is read and delivery may go, the lanes are not rung.
  'run.read',
  // Slots of the quota are taken, nobody knows.
  'lease.taken',
  // Batches are frozen, not committed; committed, nobody knows; taken, not sent; sent, not settled; settled, not
  // committed; committed. `split`: the halves are stored, neither is sent.
  'deliver.claiming',
  'deliver.claimed',
  'deliver.sending',
  'deliver.sent',
  'deliver.settling',
  'deliver.settled',
  'deliver.split',
  'associate.claiming',
  'associate.claimed',
  'associate.sending',
  'associate.sent',
  'associate.settling',
  'associate.settled',
  'associate.split',
  // A window of the inbox is claimed, nothing is read; all is read; all is written, not committed; committed, no lane
  // is rung.
  'receive.claimed',
  'receive.read',
  'receive.staged',
  'receive.committed',
  // As of deliver, for what is written back to sources.
  'writeBack.claiming',
  'writeBack.claimed',
  'writeBack.sending',
  'writeBack.sent',
  'writeBack.settling',
  'writeBack.settled',
  // The result is written, the workflow does not know.
  'run.ended',
] as const;
export type Failpoint = (typeof failpoints)[number];

/** Wakes the lane that has work now; a lost ring costs a minute (`tick`), not data. */
export interface Doorbell {
  consolidate(portalId: string, objectType: string): Promise<void>;
  deliver(portalId: string, lane: DeliveryLane): Promise<void>;
  receive(portalId: string): Promise<void>;
  writeBack(portalId: string, target: string): Promise<void>;
  followJournal(portalId: string): Promise<void>;
}

/** Temporal's search attributes of ours; without the right to register them everything works, only unsearchable. */
export interface SearchAttributes {
  /** Registers those that are missing; where that is not allowed it says so in the log. */
  register(): Promise<void>;
  areRegistered(): Promise<boolean>;
}

export interface Metrics {
  call(endpoint: string, status: string, durationMs: number): void;
  syncDuration(source: string, objectType: string, seconds: number): void;
}

/** The configuration as the activities see it: parsed, secrets resolvable, no YAML. */
export interface Settings {
  /** A hash over everything that `check` looks at: `apply` wants a passed check of the very same. */
  configHash: string;
  portals: PortalSettings[];
  sources: SourceSettings[];
  objects: ObjectSettings[];
}

export interface PortalSettings {
  name: string;
  /** Bound portal id, where configured: a token of another portal is refused. */
  portalId: string | null;
  client: HubSpotClient;
  /** Uninstalls the app by which the portal is connected; null for a portal with a token. */
  uninstall: AccessTokens['uninstall'] | null;
  /** Ceilings of calls per window, where fewer than HubSpot grants shall be used. */
  callsCaps: Partial<Record<QuotaBucket, number>>;
  /** False: its golden records are written to HubSpot only, whatever the sources take. */
  writesBack: boolean;
  /** Where the configuration says that the app has access to the Webhooks Journal. */
  journal?: JournalSettings;
}

export interface JournalSettings {
  app: JournalApp;
  /** Younger files are left to the webhooks for so long. */
  waitMs: number;
}

export interface SourceSettings {
  name: string;
  kind: string;
  streams: StreamSettings[];
  dependsOn: string[];
  /** For a dependency that is not part of the run: how old its last success may be. */
  maxAgeMs: number;
  maxGonePercent: number;
  lane: number;
  /** Opens the system with its secrets resolved; the caller closes it. */
  open: () => Promise<OpenSource>;
}

export interface StreamSettings {
  name: string;
  objectType: string;
  recordKey: string[];
  cursorField?: string;
  lookbackMs: number;
  pageSize: number;
  whenGone: 'keep' | 'withdraw' | 'archive';
  options: unknown;
  map: StreamMap;
  /** How records are written back, in the words of the source's kind; with `map.writeBack`, which says what. */
  writeOptions?: unknown;
}

export interface ObjectSettings {
  objectType: string;
  /** How HubSpot names it, in paths: a custom object's type name differs from ours. */
  hubspotType: string;
  /** The rules, typed by the portal's own property definitions. */
  rules: (propertyTypes: Record<string, PropertyType>, configNumber: number) => ObjectRules;
  /** A hash over all that decides this object's outcome: a change makes its rows due. */
  configHash: string;
  /** HubSpot properties that are read and written: mapped, identity and limit properties. */
  properties: string[];
  /** Custom properties that `setup` creates where missing, ours included. */
  customProperties: WantedProperty[];
  /** Where each mapped property stands in the configuration, for `check`. */
  mappedProperties: MappedProperty[];
  /** Object types that its records are associated with. */
  associatedWith: string[];
}
