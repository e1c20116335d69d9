/** Records per slice: seconds of work, a few MB of memory (DESIGN §2). */
const recordsMax = 1_000;
/** Where people's changes come in: the slice that is under way is what the next change of theirs waits for. */
const besideUrgentMax = 250;
/** A slice that is to end before their next changes come: fewer cost hardly less time, more would be too long where it lasts longer than thought. */
const beforeNextMin = 50;
const beforeNextMax = 500;
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

  return {
    records(objectType) {
      if (now() >= urgentUntil) return recordsMax;
      const pace = paces.get(objectType);
      const nextInMs = (pace?.urgentAt ?? -Infinity) + windowMs - now();
      if (!pace || nextInMs < -lateMsMax) return besideUrgentMax;
      const fitting = Math.floor((nextInMs - pace.statementsMs) / pace.recordMs);
      return Math.min(Math.max(fitting, beforeNextMin), beforeNextMax);
    },
    note(objectType, { records, ms, urgentAgoMs }) {
      const pace = paces.get(objectType) ?? { urgentAt: -Infinity, ...slice };
      paces.set(objectType, pace);
      if (urgentAgoMs !== null) {
        pace.urgentAt = now() - ms - urgentAgoMs;
        urgentUntil = now() + urgentForMs;
      }
      // Few records tell what the statements cost, many what each record costs beside them.
      if (records <= beforeNextMin) pace.statementsMs = mixed(pace.statementsMs, ms);
      else pace.recordMs = mixed(pace.recordMs, Math.max((ms - pace.statementsMs) / records, 0.1));
    },
  };
}

function mixed(before: number, newest: number): number {
  return before + newestShare * (newest - before);
}
