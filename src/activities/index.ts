import { activityInfo, heartbeat, log as activityLog } from '@temporalio/activity';
import { createClaimBatches } from './deliver/claimBatches';
import { createClaimWriteBacks } from './writeBack/claimWriteBacks';
import { createConsolidate } from './consolidate/consolidate';
import type { ActivityContext } from './context';
import { createExtract } from './extract/extract';
import { asApplicationFailure } from './failures';
import { createFollowJournal } from './receive/followJournal';
import { noteLaneStop } from './laneStops';
import { createLeaseCalls } from './quota/leaseCalls';
import { createPortalActivities } from './portal';
import { createReceive } from './receive/receive';
import { createRunActivities } from './runs';
import { createSendAssociations } from './deliver/sendAssociations';
import { createSendBatches } from './deliver/sendBatches';
import { createSendWriteBacks } from './writeBack/sendWriteBacks';
import { createTick } from './tick';

/** All activities of a worker. Whatever one throws leaves as a typed failure without data. */
export function createActivities(context: ActivityContext) {
  const activities = {
    ...createPortalActivities(context),
    ...createRunActivities(context),
    extractPage: createExtract(context),
    consolidateSlice: createConsolidate(context),
    claimBatches: createClaimBatches(context),
    leaseCalls: createLeaseCalls(context),
    sendBatches: createSendBatches(context),
    sendAssociations: createSendAssociations(context),
    receiveSlice: createReceive(context),
    claimWriteBacks: createClaimWriteBacks(context),
    sendWriteBacks: createSendWriteBacks(context),
    readJournal: createFollowJournal(context),
    ringLanes: createTick(context),
  };
  return guarded(activities, context);
}

export type Activities = ReturnType<typeof createActivities>;

type Activity = (input: never) => Promise<unknown>;

/** Well inside the heartbeat timeout of `workflows/activityProxies`, also when the worker is busy. */
const beatEveryMs = 2_000;

/** Those that ring a lane after their commit. */
const ringers = [
  ...['extractPage', 'consolidateSlice', 'sendBatches', 'sendAssociations', 'receiveSlice'],
  ...['sendWriteBacks', 'readJournal'],
];

function guarded<Set extends Record<string, Activity>>(activities: Set, context: ActivityContext): Set {
  const ringLanes = createTick(context);
  const entries = Object.entries(activities).map(([name, activity]) => [
    name,
    async (input: never) => {
      // A worker that died is noticed by its silence, in every activity.
      const beat = setInterval(() => heartbeat(), beatEveryMs);
      try {
        const result = await activity(input);
        // An earlier attempt may have died between its commit and its bell.
        if (activityInfo().attempt > 1 && ringers.includes(name)) await ringLanes();
        return result;
      } catch (error) {
        const failure = asApplicationFailure(error);
        await noteLaneStop(context, name, input, error, failure).catch((unnoted: unknown) => {
          throw asApplicationFailure(unnoted);
        });
        if (failure !== error)
          context.log.warn({ event: 'activity_failed', activity: name, err: error }, failure.message);
        else activityLog.debug('activity ends with a failure', { activity: name });
        throw failure;
      } finally {
        clearInterval(beat);
      }
    },
  ]);
  return Object.fromEntries(entries) as Set;
}
