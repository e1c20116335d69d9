/**
 * The public names of the workflows: ids, task queue, signals, queries and argument shapes.
 * Public API: one object argument each, only optional fields may be added. No data, only ids and counts (DESIGN §1).
 */

export const taskQueue = 'tributary';

export const workflowIds = {
  syncRun: (runId: string) => `run:${runId}`,
  syncSource: (portalId: string, source: string) => `source:${portalId}:${source}`,
  consolidate: (portalId: string, objectType: string) => `consolidate:${portalId}:${objectType}`,
  deliver: (portalId: string, lane: DeliveryLane) => `deliver:${portalId}:${lane}`,
  receive: (portalId: string) => `receive:${portalId}`,
  writeBack: (portalId: string, target: string) => `writeBack:${portalId}:${target}`,
  followJournal: (portalId: string) => `journal:${portalId}`,
  setupPortal: (portal: string) => `setup:${portal}`,
  checkPortal: (portal: string) => `check:${portal}`,
  uninstallPortal: (portal: string) => `uninstall:${portal}`,
} as const;

/** Bulk carries partner marks too, most urgent first; realtime has a workflow of its own so that it never queues. */
export const deliveryLanes = ['realtime', 'bulk'] as const;
export type DeliveryLane = (typeof deliveryLanes)[number];

/** A lane that has work now; the name is that of its workflow. */
export type LaneCall =
  | { lane: 'consolidate'; objectType: string }
  | { lane: 'deliver'; urgency: DeliveryLane }
  | { lane: 'receive' }
  | { lane: 'followJournal' }
  /** A source that takes write-backs. */
  | { lane: 'writeBack'; target: string };

/** The workflow of a lane: what to signal or start when it is rung. */
export function laneWorkflow(
  portalId: string,
  call: LaneCall,
): {
  workflowId: string;
  input: ConsolidateInput | DeliverInput | ReceiveInput | WriteBackInput | FollowJournalInput;
} {
  switch (call.lane) {
    case 'consolidate': {
      const { objectType } = call;
      return {
        workflowId: workflowIds.consolidate(portalId, objectType),
        input: { portalId, objectType },
      };
    }
    case 'deliver': {
      const { urgency } = call;
      return { workflowId: workflowIds.deliver(portalId, urgency), input: { portalId, lane: urgency } };
    }
    case 'receive':
      return { workflowId: workflowIds.receive(portalId), input: { portalId } };
    case 'followJournal':
      return { workflowId: workflowIds.followJournal(portalId), input: { portalId } };
    case 'writeBack': {
      const { target } = call;
      return { workflowId: workflowIds.writeBack(portalId, target), input: { portalId, target } };
    }
  }
}

/** The doorbell of every lane: no payload, the table is the queue. */
export const bellSignal = 'bell';
export const pauseSignal = 'pause';
export const resumeSignal = 'resume';
export const cancelRunSignal = 'cancelRun';
export const progressQuery = 'progress';

/** Search attributes of our workflows (all Keyword), for queries such as `TributarySource = "impact"`. */
export const searchAttributeNames = {
  portal: 'TributaryPortal',
  source: 'TributarySource',
  trigger: 'TributaryTrigger',
} as const;

/** The given values as Temporal's typed search attributes: ids and names of the configuration, never data. */
export function searchAttributesOf(values: Partial<Record<keyof typeof searchAttributeNames, string>>) {
  return Object.entries(values).map(([name, value]) => ({
    key: { name: searchAttributeNames[name as keyof typeof values], type: 'KEYWORD' as const },
    value,
  }));
}

export interface SyncRunInput {
  /** Portal name of the configuration; the only one when absent. */
  portal?: string;
  /** Sources to read; all of the configuration when absent. */
  sources?: string[];
  /** Read everything again instead of what changed. */
  full?: boolean;
  /** What started it: 'manual' (default), 'schedule', 'api', 'cli', 'start'. */
  trigger?: string;
}

/** An audit is a complete read of HubSpot, which every such run compares with what was known. */
export function auditRun(portal?: string): SyncRunInput {
  return { trigger: 'audit', sources: ['hubspot'], full: true, ...(portal === undefined ? {} : { portal }) };
}

export interface SyncRunResult {
  runId: string;
  state: 'succeeded' | 'failed' | 'waiting' | 'cancelled';
}

export interface SyncRunProgress {
  runId: string;
  stage: 'starting' | 'reading' | 'settling' | 'ended';
  paused: boolean;
  sources: Record<string, 'pending' | 'running' | 'succeeded' | 'failed' | 'skipped' | 'cancelled'>;
}

export interface SyncSourceInput extends Renewal {
  portalId: string;
  runId: string;
  source: string;
  streams: string[];
  full: boolean;
}

export interface SyncSourceResult {
  records: number;
  staged: number;
  faults: number;
}

/** What every workflow takes that renews itself. */
export interface Renewal {
  /** Continues as new when its history has more events than this. Default: 3,000. */
  renewAfterEvents?: number;
}

export interface ConsolidateInput extends Renewal {
  portalId: string;
  objectType: string;
}

export interface DeliverInput extends Renewal {
  portalId: string;
  lane: DeliveryLane;
  /** How many waves of batches run side by side. */
  parallelWaves?: number;
}

export interface ReceiveInput extends Renewal {
  portalId: string;
}

/** A lane per source that takes write-backs. */
export interface WriteBackInput extends Renewal {
  portalId: string;
  /** The source's name. */
  target: string;
}

export interface FollowJournalInput extends Renewal {
  portalId: string;
}

export interface PortalInput {
  /** Portal name of the configuration; the only one when absent. */
  portal?: string;
}

export interface SetupPortalResult {
  portalId: string;
  created: string[];
  existing: string[];
  faults: string[];
}

export interface UninstallPortalInput extends PortalInput {
  /** The installation that is meant (an id of ours); another one that was made since stays. Absent: the one there is. */
  installation?: string | null;
}

export interface UninstallPortalResult {
  portalId: string;
  /** False where HubSpot did not confirm it: the tokens are forgotten all the same. */
  uninstalled: boolean;
  /** The app was installed anew meanwhile: that installation and its tokens stay. */
  replaced?: boolean;
}

export interface CheckPortalResult {
  portalId: string;
  /** Faults of the field maps against the portal's real properties; empty = passed. Names only, no data. */
  faults: { path: string; fault: string; hint: string | null }[];
}
