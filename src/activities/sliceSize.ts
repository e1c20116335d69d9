/** Records per slice: seconds of work, a few MB of memory (DESIGN §2). */
const recordsMax = 1_000;
/** Where people's changes come in: the slice that is under way is what the next change of theirs waits for. */
const besideUrgentMax = 250;
const urgentForMs = 10_000;

/** How large slices are: smaller ones cost a tenth of the speed, so only while something urgent was met lately. */
export interface SliceSize {
  records(): number;
  /** Something urgent was in a slice just now. */
  noteUrgent(): void;
}

/** One for a worker process. */
export function createSliceSize(): SliceSize {
  let urgentUntil = -Infinity;
  return {
    records: () => (performance.now() < urgentUntil ? besideUrgentMax : recordsMax),
    noteUrgent: () => void (urgentUntil = performance.now() + urgentForMs),
  };
}
