import { proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities';

/**
 * How each group of activities is tried. Retries live here only (DESIGN §3): clients try once. Permanent failures are
 * non-retryable by themselves. Each function takes the activity's summary, which the Web UI shows: plain words, fixed
 * when it is scheduled, no data.
 */
function proxiesWith(options: ActivityOptions) {
  return (summary: string) => proxyActivities<Activities>({ heartbeatTimeout, ...options, summary });
}

/** Every activity beats by itself: a worker that died is noticed after this, not at the end of the longest wait. */
const heartbeatTimeout = '10 seconds';

/** Milliseconds to seconds of SQL; minutes only where a changed configuration makes millions of records due. */
export const quick = proxiesWith({
  startToCloseTimeout: '5 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/** One page of a source, or some calls to HubSpot's definitions. A source that stays down fails its branch of the run. */
export const reading = proxiesWith({
  startToCloseTimeout: '5 minutes',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    maximumAttempts: 8,
  },
});

/** What a person waits for. */
export const prompt = proxiesWith({
  startToCloseTimeout: '5 minutes',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '10 seconds',
    maximumAttempts: 4,
  },
});

/** A wave of calls. HubSpot's own waits come with the failure; an outage is the breaker's, so no long backoff here. */
export const sending = proxiesWith({
  startToCloseTimeout: '5 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

/** Looks again and again, at the pace that the activity asks for. */
export const patient = proxiesWith({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 1 },
});
