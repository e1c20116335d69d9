import { condition, continueAsNew, defineSignal, setHandler, workflowInfo } from '@temporalio/workflow';
import { bellSignal, type Renewal } from './contracts';

export const bell = defineSignal(bellSignal);

/** Longest that a lane waits by itself; after that `tick` rings again. */
const waitMsMax = 60 * 60 * 1_000;

/** Renewed well before the server suggests it at 4,096 events, so that what is still in flight fits too. */
const historyEventsDefault = 3_000;

/** Whether the history has grown so much that the workflow should continue as new. */
export function isHistoryLong({ renewAfterEvents = historyEventsDefault }: Renewal): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > renewAfterEvents;
}

export interface LaneTurn {
  /** More work may be there right now. */
  more: boolean;
  /** No work now, but at this time there may be. */
  waitMs?: number | null;
}

/**
 * A lane: turns until dry, wakes on the bell, continues as new when the history has grown, and looks for signals once
 * more before it ends, so that no ring is lost.
 * @param turn may ask how often the bell has rung
 */
export async function runLane<Input extends Renewal>(
  input: Input,
  turn: (rings: () => number) => Promise<LaneTurn>,
): Promise<void> {
  let rings = 0;
  setHandler(bell, () => void (rings += 1));
  for (;;) {
    const before = rings;
    const { more, waitMs } = await turn(() => rings);
    if (!more && rings === before && !waitMs) return;
    if (isHistoryLong(input)) await continueAsNew(input);
    if (more || rings > before || !waitMs) continue;
    await condition(() => rings > before, Math.min(waitMs, waitMsMax));
  }
}
