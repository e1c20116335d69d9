/** Records per slice: a second of work, a few MB of memory (DESIGN §2). */
const recordsMax = 1_000;
/** Fewer on a slow machine, for people's first change waits for the slice that is under way. */
const sliceMsMax = 800;
/** Where people's changes come in. */
const besideUrgentMax = 250;
/** Where their next changes are near or late: with fewer, the statements of a slice cost more than its records. */
const beforeNextMin = 100;
/** Slices of so few tell what the statements alone take. */
const fewRecords = 25;
/** So long after something urgent more of it is thought to come. */
const urgentForMs = 10_000;
/** What people change comes in windows of the inbox, one a second (`receive`). */
const windowMs = 1_000;
/** Later than this the next window held nothing, or somebody else has met it. */
const lateMsMax = 300;

/** What a slice takes, before anything was measured: its statements, and each of its records. */
const slice = { statementsMs: 60, recordMs: 0.6 };
/** Share of the newest measure in what is expected of the next slice. */
const newestShare = 0.3;

export interface SliceNote {
  records: number;
  ms: number;
  /** How long ago its urgent records came; null: it has none. */
  urgentAgoMs: number | null;
}

/**
 * How large slices are. While people's changes come in, an object's slices end when its next changes are expected: small
 * ones cost a tenth of the speed, so only then.
 */
export interface SliceSize {
  records(objectType: string): number;
  note(objectType: string, done: SliceNote): void;
  /** Whether people's changes come in. */
  isUrgent(): boolean;
}

interface Pace {
  /** When something urgent of this object came last. */
  urgentAt: number;
  statementsMs: number;
  recordMs: number;
}

/** One for a worker process. @param now milliseconds that only grow */
export function createSliceSize(now: () => number = () => performance.now()): SliceSize {
  const paces = new Map<string, Pace>();
  let urgentUntil = -Infinity;
  const isUrgent = () => now() < urgentUntil;

  return {
    isUrgent,
    records(objectType) {
      const pace = paces.get(objectType) ?? { urgentAt: -Infinity, ...slice };
      if (!isUrgent()) return within(fitting(pace, sliceMsMax), besideUrgentMax, recordsMax);
      const nextInMs = pace.urgentAt + windowMs - now();
      if (nextInMs < -lateMsMax) return besideUrgentMax;
      return within(fitting(pace, nextInMs), beforeNextMin, recordsMax);
    },
    note(objectType, { records, ms, urgentAgoMs }) {
      const pace = paces.get(objectType) ?? { urgentAt: -Infinity, ...slice };
      paces.set(objectType, pace);
      if (urgentAgoMs !== null) {
        pace.urgentAt = now() - ms - urgentAgoMs;
        urgentUntil = now() + urgentForMs;
      }
      if (records <= fewRecords) pace.statementsMs = mixed(pace.statementsMs, ms);
      else if (records >= beforeNextMin)
        pace.recordMs = mixed(pace.recordMs, Math.max((ms - pace.statementsMs) / records, 0.1));
    },
  };
}

function fitting({ statementsMs, recordMs }: Pace, ms: number): number {
  return Math.floor((ms - statementsMs) / recordMs);
}

function within(count: number, min: number, max: number): number {
  return Math.min(Math.max(count, min), max);
}

function mixed(before: number, newest: number): number {
  return before + newestShare * (newest - before);
}
