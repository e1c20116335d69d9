import { sending } from './activityProxies';
import type { ReceiveInput } from './contracts';
import { runLane } from './lane';

/** A lane per portal: windows of the inbox until dry. Each changed object is read once per window, whatever was told. */
export async function receive(input: ReceiveInput): Promise<void> {
  await runLane(input, async () => {
    const { more, waitMs } = await sending('read what changed').receiveSlice({ portalId: input.portalId });
    return { more, waitMs };
  });
}
