import { quick } from './activityProxies';
import type { ConsolidateInput } from './contracts';
import { runLane } from './lane';

/** A lane per portal and object: slices of due staged records until dry, most urgent first. */
export async function consolidate(input: ConsolidateInput): Promise<void> {
  await runLane(input, async () => {
    const { more } = await quick(`consolidate due ${input.objectType}`).consolidateSlice(input);
    return { more };
  });
}
