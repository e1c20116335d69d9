import { ApplicationFailure } from '@temporalio/activity';
import { findStop, noteStop } from '../db/runs/laneStops';
import { unsettledSubjects, type Unsettled } from '../db/delivery/settlement';
import { HubSpotFailure } from '../hubspot/hubspotFailure';
import { objectTypesOf, type ActivityContext } from './context';

interface LaneInput {
  portalId: string;
  objectType?: string;
  lane?: string;
  target?: string;
}

/** Which activities do a lane's work, and what they do it for. */
const laneActivities: Record<string, (input: LaneInput) => string | undefined> = {
  consolidateSlice: ({ objectType }) => objectType,
  claimBatches: ({ lane }) => lane,
  sendBatches: ({ lane }) => lane,
  sendAssociations: ({ lane }) => lane,
  claimWriteBacks: ({ target }) => target,
  sendWriteBacks: ({ target }) => target,
};

/**
 * Notes that a lane failed for good, so that runs do not wait for it for ever. What HubSpot answered to a batch is not
 * that: its portal is paused then, or its records are problems.
 * @throws what Postgres says: then the attempt is repeated, and the stop is not lost
 */
export async function noteLaneStop(
  { pool, log }: Pick<ActivityContext, 'pool' | 'log'>,
  activity: string,
  input: LaneInput,
  error: unknown,
  failure: Error,
): Promise<void> {
  const subject = laneActivities[activity]?.(input);
  if (subject === undefined || error instanceof HubSpotFailure) return;
  if (!(failure instanceof ApplicationFailure) || !failure.nonRetryable) return;
  const { portalId } = input;
  const reason = failure.message;
  await noteStop(pool, portalId, { activity, subject, reason });
  log.error({ event: 'lane_stopped', portalId, activity, subject, reason }, 'a lane stopped');
}

/** Who does the work of a stage, and what to say when it has stopped. */
const stages: Record<keyof Unsettled, { activities: string[]; says: (subject: string) => string }> = {
  staged: {
    activities: ['consolidateSlice'],
    says: (objectType) => `${objectType} cannot be consolidated`,
  },
  records: {
    activities: ['claimBatches', 'sendBatches'],
    says: () => 'records cannot be delivered to HubSpot',
  },
  associations: {
    activities: ['claimBatches', 'sendAssociations'],
    says: () => 'associations cannot be delivered to HubSpot',
  },
  writeBacks: {
    activities: ['claimWriteBacks', 'sendWriteBacks'],
    says: (target) => `nothing can be written back to ${target}`,
  },
};

/**
 * Why the first stage in which a run has something under way cannot go on, in plain words without data; null: it can.
 */
export async function stopOfRun(
  context: ActivityContext,
  portalId: string,
  runId: string,
  stage: keyof Unsettled,
): Promise<string | null> {
  const { pool } = context;
  const { activities, says } = stages[stage];
  const stop = await findStop(pool, portalId, activities, null);
  if (!stop) return null;
  const subjects = await unsettledSubjects(pool, portalId, runId, objectTypesOf(context), stage);
  const own = subjects === null ? stop : await findStop(pool, portalId, activities, subjects);
  return own && `${says(own.subject)}: ${own.reason}; mend that and start another run`;
}
