import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';

/**
 * How each group of activities is tried. Retries live here only (DESIGN §3): clients try once. Permanent failures are
 * non-retryable by themselves.
 */

/** Milliseconds to seconds of SQL. */
export const quick = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/** One page of a source, or some calls to HubSpot's definitions. A source that stays down fails its branch of the run. */
export const reading = proxyActivities<Activities>({
  startToCloseTimeout: '5 minutes',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    maximumAttempts: 8,
  },
});

/** What a person waits for. */
export const prompt = proxyActivities<Activities>({
  startToCloseTimeout: '5 minutes',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '10 seconds',
    maximumAttempts: 4,
  },
});

/** A wave of calls; a worker that dies is noticed by its missing heartbeat. */
export const sending = proxyActivities<Activities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '20 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Looks again and again, at the pace that the activity asks for. */
export const patient = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 1 },
});
