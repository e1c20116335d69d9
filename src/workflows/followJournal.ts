import { ActivityFailure, isCancellation, log } from '@temporalio/workflow';
import { reading } from './activityProxies';
import type { FollowJournalInput } from './contracts';
import { runLane } from './lane';

/** A lane per portal: the Webhooks Journal from its stored offset until its end. `tick` rings it again. */
export async function followJournal(input: FollowJournalInput): Promise<void> {
  await runLane(input, async () => {
    try {
      const { more } = await reading('read the Webhooks Journal').readJournal({ portalId: input.portalId });
      return { more };
    } catch (error) {
      // No access, or an outage: the log has the reason, the offset stands, the next tick tries again.
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
      log.warn('the journal could not be read');
      return { more: false };
    }
  });
}
