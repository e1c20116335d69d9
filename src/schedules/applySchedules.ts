import { ScheduleNotFoundError, type Client, type ScheduleDescription } from '@temporalio/client';
import type { TributaryConfig } from '../config/schema';
import { taskQueue as defaultTaskQueue } from '../workflows/contracts';
import { fingerprintOf, plannedSchedules, type PlannedSchedule } from './plannedSchedules';

/** Marks a Temporal Schedule as made by us: no other one is ever changed or removed. */
const ownerMemo = { managedBy: 'tributary' } as const;
/** More schedules than this in a namespace are not looked through. */
const schedulesMax = 1_000;

/** What an apply did, by schedule id. */
export interface SchedulesApplied {
  created: string[];
  updated: string[];
  unchanged: string[];
  removed: string[];
}

export interface ApplySchedulesOptions {
  /** Task queue of the started workflows. */
  taskQueue?: string;
}

/**
 * Brings Temporal's Schedules to what the configuration says: creates, updates and removes. Applied again it changes
 * nothing; a schedule that a person paused stays paused.
 * @throws when a schedule of the wanted name exists that is not ours
 */
export async function applySchedules(
  client: Client,
  config: TributaryConfig,
  { taskQueue = defaultTaskQueue }: ApplySchedulesOptions = {},
): Promise<SchedulesApplied> {
  const done: SchedulesApplied = { created: [], updated: [], unchanged: [], removed: [] };
  const plans = plannedSchedules(config);
  for (const plan of plans) done[await applyOne(client, plan, taskQueue)].push(plan.scheduleId);

  const wanted = new Set(plans.map(({ scheduleId }) => scheduleId));
  for (const { scheduleId } of await ownSchedules(client)) {
    if (wanted.has(scheduleId)) continue;
    if (await remove(client, scheduleId)) done.removed.push(scheduleId);
  }
  return done;
}

async function applyOne(
  client: Client,
  plan: PlannedSchedule,
  taskQueue: string,
): Promise<'created' | 'updated' | 'unchanged'> {
  const { scheduleId } = plan;
  const handle = client.schedule.getHandle(scheduleId);
  const existing = await describe(client, scheduleId);
  if (!existing) {
    await client.schedule.create({ scheduleId, memo: ownerMemo, ...optionsOf(plan, taskQueue) });
    return 'created';
  }
  if (!isOurs(existing.memo)) {
    throw new Error(
      `Temporal has a schedule "${scheduleId}" that Tributary did not make; rename one of the two`,
    );
  }
  if (existing.action.memo?.['plan'] === fingerprintOf(plan) && existing.action.taskQueue === taskQueue) {
    return 'unchanged';
  }
  await handle.update((previous) => ({ ...optionsOf(plan, taskQueue), state: previous.state }));
  return 'updated';
}

/** False when it was gone already: Temporal's list lags a moment behind. */
async function remove(client: Client, scheduleId: string): Promise<boolean> {
  try {
    await client.schedule.getHandle(scheduleId).delete();
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}

function optionsOf({ spec, overlap, catchUpMs, ...plan }: PlannedSchedule, taskQueue: string) {
  const { workflowType, workflowId, args } = plan;
  return {
    spec,
    policies: { overlap, catchupWindow: catchUpMs },
    action: {
      type: 'startWorkflow' as const,
      ...{ workflowType, workflowId, args, taskQueue },
      memo: { plan: fingerprintOf({ spec, overlap, catchUpMs, ...plan }) },
    },
  };
}

async function describe(client: Client, scheduleId: string): Promise<ScheduleDescription | null> {
  try {
    return await client.schedule.getHandle(scheduleId).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}

/** A schedule of ours as it stands in Temporal. */
export interface OwnSchedule {
  scheduleId: string;
  workflowType: string;
  paused: boolean;
  /** The next start; null when there is none. */
  nextAt: Date | null;
  lastAt: Date | null;
}

/** All Temporal Schedules that carry our mark, by id. Temporal's list may lag a moment behind a change. */
export async function ownSchedules(client: Client): Promise<OwnSchedule[]> {
  const own: OwnSchedule[] = [];
  let seen = 0;
  for await (const { scheduleId, memo, action, state, info } of client.schedule.list()) {
    if (++seen > schedulesMax)
      throw new Error(`Temporal's namespace holds more than ${schedulesMax} schedules`);
    if (!isOurs(memo)) continue;
    own.push({
      scheduleId,
      workflowType: action?.workflowType ?? '',
      paused: state.paused,
      nextAt: info.nextActionTimes[0] ?? null,
      lastAt: info.recentActions.at(-1)?.takenAt ?? null,
    });
  }
  return own.sort((a, b) => (a.scheduleId < b.scheduleId ? -1 : 1));
}

function isOurs(memo: Record<string, unknown> | undefined): boolean {
  return memo?.['managedBy'] === ownerMemo.managedBy;
}
