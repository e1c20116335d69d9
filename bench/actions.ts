import type { Client } from '@temporalio/client';

/** Billable actions of Temporal by kind, as its price list counts them. */
export interface ActionCount {
  total: number;
  byKind: Record<string, number>;
  /** Events of the longest history, and whose it is. */
  longest: { events: number; workflowId: string };
  workflows: number;
}

/**
 * Counts the actions of all workflows that the server knows, from their histories: starts (also continue-as-new), 2 per
 * child, 1 per attempt of an activity, timer and signal. Heartbeats leave no event; activities here are shorter than
 * the interval at which one would reach the server.
 * @param query which workflows, e.g. `StartTime > "…"`
 */
export async function countActions(client: Client, query: string): Promise<ActionCount> {
  const byKind: Record<string, number> = {};
  const add = (kind: string, count = 1) => (byKind[kind] = (byKind[kind] ?? 0) + count);
  const longest = { events: 0, workflowId: '' };
  let workflows = 0;
  for await (const { workflowId, runId, type } of client.workflow.list({ query })) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    workflows += 1;
    if ((events?.length ?? 0) > longest.events)
      Object.assign(longest, { events: events!.length, workflowId });
    const names = new Map<string, string>();
    for (const event of events ?? []) {
      if (event.workflowExecutionStartedEventAttributes) add(`start ${type}`);
      if (event.startChildWorkflowExecutionInitiatedEventAttributes) add('child');
      if (event.workflowExecutionSignaledEventAttributes) add(`signal ${type}`);
      if (event.timerStartedEventAttributes) add(`timer ${type}`);
      const scheduled = event.activityTaskScheduledEventAttributes;
      if (scheduled) names.set(String(event.eventId), scheduled.activityType?.name ?? 'activity');
      const started = event.activityTaskStartedEventAttributes;
      if (started) add(names.get(String(started.scheduledEventId)) ?? 'activity', started.attempt ?? 1);
    }
  }
  // A signal-with-start is one action together with the start of its workflow.
  for (const type of ['consolidate', 'deliver']) {
    byKind[`signal ${type}`] = Math.max(0, (byKind[`signal ${type}`] ?? 0) - (byKind[`start ${type}`] ?? 0));
  }
  const total = Object.values(byKind).reduce((sum, count) => sum + count, 0);
  return { total, byKind, longest, workflows };
}
