import { randomUUID } from 'node:crypto';
import { eventKeyOf, insertEvents, type InboxEvent } from '../../src/db/staging/inbox';
import { laneWorkflow, taskQueue } from '../../src/workflows/contracts';
import type { BareRiver } from './bareRiver';

export type Told = Pick<InboxEvent, 'kind' | 'key'> & Partial<InboxEvent>;

/** Puts events into the inbox, as the receiver does, and rings. */
export async function tellInbox(river: BareRiver, events: Told[]): Promise<void> {
  await insertEvents(
    river.pool,
    events.map((event) => ({
      ...{ portalId: river.portalId, source: 'hubspot', stream: 'contacts', also: {}, payload: null },
      ...{ eventKey: eventKeyOf([randomUUID()]), lane: 0, occurredAt: new Date().toISOString() },
      ...event,
    })),
  );
  const { workflowId, input } = laneWorkflow(river.portalId, { lane: 'receive' });
  const start = { workflowId, taskQueue, args: [input], signal: 'bell', signalArgs: [] };
  await river.temporal.workflow.signalWithStart('receive', start);
}
