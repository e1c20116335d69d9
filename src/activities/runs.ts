import { ApplicationFailure, sleep } from '@temporalio/activity';
import { adoptDueRecords, otherRunningRuns, takeOverRuns } from '../db/runs/deadRuns';
import { endGathering, extendGathering } from '../db/staging/gatherings';
import { registerConfig } from '../db/staging/objectConfigs';
import { inTransaction } from '../db/pool';
import { forgetStops } from '../db/runs/laneStops';
import { endRun, insertRun, lastSuccessAgeMs, setSourceState } from '../db/runs/runs';
import { foldCounts } from '../db/runs/runCounts';
import { countUnsettled, type Unsettled } from '../db/delivery/settlement';
import { movedStreams } from '../db/staging/stagedRecords';
import { dropForeignMarks } from '../db/delivery/writeBackClaims';
import { hubspotSource } from '../domain/record';
import { orderSources, type SourcePlan } from '../domain/orderSources';
import { objectTypesOf, type ActivityContext } from './context';
import { logRunEnd, logSourceEnd } from './runLog';
import { settledResult, type SettledResult } from './settledResult';
import { configHashFor, targetNames, targetsOf } from './writeBack/targetSettings';

export interface BeginRunInput {
  portalId: string;
  runId: string;
  sources?: string[];
  full: boolean;
  trigger: string;
}

/** How often the settlement is looked at, and for how long by one attempt: well below the activity's timeout. */
const lookAgainMs = 300;
const looksForMs = 10_000;

export function createRunActivities(context: ActivityContext) {
  const { pool, settings, log } = context;
  const objectTypes = objectTypesOf(context);
  return {
    /** Opens the run, registers changed configurations, and says which sources to read in which order. */
    async beginRun({ portalId, runId, sources, full, trigger }: BeginRunInput): Promise<SourcePlan[]> {
      const known = [
        { name: hubspotSource, streams: objectTypes, dependsOn: [] },
        ...settings.sources.map(({ name, streams, dependsOn }) => ({
          name,
          streams: streams.map((stream) => stream.name),
          dependsOn,
        })),
      ];
      const ordered = orderSources(
        known,
        sources ? [hubspotSource, ...sources] : known.map(({ name }) => name),
      );
      if (!ordered.ok) {
        throw ApplicationFailure.nonRetryable(
          `there is no source ${ordered.unknown.join(', ')}; configured are ${known.map(({ name }) => name).join(', ')}`,
          'configuration',
        );
      }
      await refuseMovedStreams(context, portalId);
      const targets = await targetsOf(context, portalId);
      const dead = await deadRuns(context, portalId, runId);
      if (dead.length > 0)
        log.warn({ event: 'runs_taken_over', runId, dead }, 'runs without a workflow ended');
      await inTransaction(pool, async (tx) => {
        for (const object of settings.objects) {
          const { objectType } = object;
          const due = await registerConfig(
            tx,
            portalId,
            objectType,
            configHashFor(object, targets, settings),
            runId,
          );
          if (due > 0) log.info({ event: 'configuration_changed', objectType, due }, 'rows are due again');
        }
        await dropForeignMarks(tx, portalId, targets);
        const names = ordered.plan.map(({ source }) => source);
        if (!(await insertRun(tx, portalId, { runId, trigger, full, sources: names })))
          throw usedRunId(runId);
        await takeOverRuns(tx, portalId, dead, runId);
        await adoptDueRecords(tx, portalId, runId);
        await extendGathering(tx, portalId, gatheredObjects(context, names), runId);
      });
      await context.failpoint('run.begun');
      const chosen = ordered.plan.map(({ source }) => source);
      log.info({ event: 'sync_started', portalId, runId, trigger, full, sources: chosen }, 'run started');
      for (const { objectType } of settings.objects) await context.doorbell.consolidate(portalId, objectType);
      return ordered.plan;
    },

    /** Says why a run could not begin: it stands in no table. */
    failStart({ runId, trigger, reason }: { runId: string; trigger: string; reason: string }): Promise<void> {
      log.error({ event: 'sync_failed', runId, trigger, reason }, 'run could not begin');
      return Promise.resolve();
    },

    /** Notes that a source begins; a dependency outside the run must have succeeded lately. */
    async startSource({ portalId, runId, source }: { portalId: string; runId: string; source: string }) {
      const configured = settings.sources.find(({ name }) => name === source);
      for (const name of configured?.dependsOn ?? []) {
        const age = await lastSuccessAgeMs(pool, portalId, name);
        const inRun = await isInRun(context, portalId, runId, name);
        if (!inRun && (age === null || age > configured!.maxAgeMs)) {
          throw ApplicationFailure.nonRetryable(
            `${source} depends on ${name}, which ${age === null ? 'has never succeeded' : 'last succeeded too long ago'}; run it first or together`,
            'staleDependency',
          );
        }
      }
      await setSourceState(pool, portalId, runId, source, 'running', null);
      await extendGathering(pool, portalId, gatheredObjects(context, [source]), runId);
      log.info({ event: 'source_started', portalId, runId, source }, `source ${source} started`);
    },

    async endSource(input: {
      portalId: string;
      runId: string;
      source: string;
      state: 'succeeded' | 'failed' | 'skipped' | 'cancelled';
      reason: string | null;
    }) {
      const { portalId, runId, source, state, reason } = input;
      await setSourceState(pool, portalId, runId, source, state, reason);
      await logSourceEnd(context, { portalId, runId, source, state, reason });
    },

    /** Everything is read: bulk delivery may go. Rings every lane that can have work of this run. */
    async endReading({ portalId, runId }: { portalId: string; runId: string }) {
      await endGathering(pool, portalId, runId);
      // What stopped a lane may be mended: all are rung now, and a lane that still cannot go on says so again.
      await forgetStops(pool, portalId);
      await context.failpoint('run.read');
      for (const { objectType } of settings.objects) await context.doorbell.consolidate(portalId, objectType);
      await context.doorbell.deliver(portalId, 'bulk');
      await context.doorbell.deliver(portalId, 'realtime');
      for (const target of await targetNames(context, portalId))
        await context.doorbell.writeBack(portalId, target);
    },

    /**
     * Waits until all that the run staged is settled: looks several times itself, then fails retryably, so that waiting
     * adds nothing to the history and costs one action in ten seconds.
     * @returns whether the rest is deferred by a pause, and until when
     */
    async awaitSettled({ portalId, runId }: { portalId: string; runId: string }): Promise<SettledResult> {
      const until = performance.now() + looksForMs;
      for (;;) {
        const settled = await settledResult(context, portalId, runId);
        if (settled) return settled;
        if (performance.now() > until)
          throw stillUnsettled(await countUnsettled(pool, portalId, runId, objectTypes));
        await sleep(lookAgainMs);
      }
    },

    async endRun(input: {
      portalId: string;
      runId: string;
      state: 'succeeded' | 'failed' | 'waiting' | 'cancelled';
      reason: string | null;
    }) {
      const { portalId, runId, state, reason } = input;
      await endGathering(pool, portalId, runId);
      await endRun(pool, portalId, runId, state, reason);
      await context.failpoint('run.ended');
      await foldCounts(pool, portalId, runId);
      await logRunEnd(context, { portalId, runId, state, reason });
    },
  };
}

/** Records keep the object that they were staged as, whatever is read again: under a new name they are new records. */
async function refuseMovedStreams({ pool, settings }: ActivityContext, portalId: string): Promise<void> {
  const streams = settings.sources.flatMap(({ name: source, streams }) =>
    streams.map(({ name: stream, objectType }) => ({ source, stream, objectType })),
  );
  const [moved] = await movedStreams(pool, portalId, streams);
  if (!moved) return;
  const { source, stream, objectType, before } = moved;
  throw ApplicationFailure.nonRetryable(
    `stream ${stream} of ${source} feeds ${objectType} now, but what it gave so far are ${before}: give it a new name, then it is read as ${objectType}`,
    'configuration',
  );
}

/** Its cursors say that all is read: it would succeed without reading anything. */
function usedRunId(runId: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `run ${runId} has ended already; start another one under another workflow id`,
    'configuration',
  );
}

function stillUnsettled({ staged, records, associations, writeBacks }: Unsettled): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'unsettled',
    message: `still under way: ${staged} staged, ${records} records, ${associations} associations, ${writeBacks} write-backs`,
    nextRetryDelay: lookAgainMs,
    category: 'BENIGN',
  });
}

/** Runs that the database calls running and whose workflow is gone, with Temporal's state or by a person. */
async function deadRuns(
  { pool, isRunRunning }: ActivityContext,
  portalId: string,
  runId: string,
): Promise<string[]> {
  const dead: string[] = [];
  for (const id of await otherRunningRuns(pool, portalId, runId))
    if (!(await isRunRunning(id))) dead.push(id);
  return dead;
}

function gatheredObjects({ settings }: ActivityContext, sources: string[]): string[] {
  const streams = settings.sources
    .filter(({ name }) => sources.includes(name))
    .flatMap((source) => source.streams);
  return [...new Set(streams.map(({ objectType }) => objectType))];
}

async function isInRun(
  { pool }: ActivityContext,
  portalId: string,
  runId: string,
  source: string,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    'select from run_sources where portal_id = $1 and run_id = $2 and source = $3',
    [portalId, runId, source],
  );
  return rowCount === 1;
}
