import type { CalendarSpec, DayOfWeek, ScheduleOverlapPolicy, ScheduleSpec } from '@temporalio/client';
import { canonicalJson } from '../config/configHash';
import type { TributaryConfig } from '../config/schema';
import type { ScheduleConfig, weekdays } from '../config/schema/schedules';
import { auditRun, workflowIds, type SyncRunInput } from '../workflows/contracts';

/** One Temporal Schedule as the configuration wants it. */
export interface PlannedSchedule {
  scheduleId: string;
  workflowType: 'syncRun' | 'tick';
  /** The server adds the time of each start to it. */
  workflowId: string;
  args: [] | [SyncRunInput];
  spec: ScheduleSpec;
  overlap: Extract<ScheduleOverlapPolicy, 'SKIP' | 'BUFFER_ONE'>;
  catchUpMs: number;
}

/** The schedule that rings lanes; not of the configuration. */
const tickScheduleId = 'tick';
const tickEveryMs = 60_000;

const dayNames: Record<(typeof weekdays)[number], DayOfWeek> = {
  mon: 'MONDAY',
  tue: 'TUESDAY',
  wed: 'WEDNESDAY',
  thu: 'THURSDAY',
  fri: 'FRIDAY',
  sat: 'SATURDAY',
  sun: 'SUNDAY',
};

/**
 * Every Temporal Schedule that a configuration means: each schedule that a source names, once per portal, the audits of
 * portals that name it, and the tick. A schedule that nothing names has nothing to start and is left out.
 * @throws when a schedule of the configuration has the name of the tick
 */
export function plannedSchedules(config: TributaryConfig): PlannedSchedule[] {
  if (config.schedules[tickScheduleId]) {
    throw new Error(
      `schedules.${tickScheduleId}: this name is Tributary's own; give the schedule another one`,
    );
  }
  const portals = Object.entries(config.portals);
  const isOnly = portals.length === 1;
  const named = Object.entries(config.schedules).flatMap(([name, schedule]) => {
    const sources = Object.entries(config.sources)
      .filter(([, source]) => source.schedule === name)
      .map(([source]) => source);
    return portals.flatMap(([portal, { audit }]) => {
      const scheduleId = isOnly ? name : `${name}:${portal}`;
      const run = { ...(isOnly ? {} : { portal }), sources, trigger: 'schedule' };
      const auditing = auditRun(isOnly ? undefined : portal);
      return [
        ...(sources.length > 0 ? [planned(config, schedule, scheduleId, run)] : []),
        ...(audit?.schedule === name ? [planned(config, schedule, `${scheduleId}:audit`, auditing)] : []),
      ];
    });
  });
  return [...named, tickSchedule];
}

function planned(
  { timeZone }: TributaryConfig,
  schedule: ScheduleConfig,
  scheduleId: string,
  input: SyncRunInput,
): PlannedSchedule {
  return {
    scheduleId,
    workflowType: 'syncRun',
    workflowId: workflowIds.syncRun(scheduleId),
    args: [input],
    spec: specOf(schedule, timeZone),
    overlap: schedule.overlap === 'bufferOne' ? 'BUFFER_ONE' : 'SKIP',
    catchUpMs: schedule.catchUp,
  };
}

const tickSchedule: PlannedSchedule = {
  scheduleId: tickScheduleId,
  workflowType: 'tick',
  workflowId: 'tick',
  args: [],
  spec: { intervals: [{ every: tickEveryMs }] },
  overlap: 'SKIP',
  // A missed tick is of no use: the next one does the same.
  catchUpMs: tickEveryMs,
};

function specOf(schedule: ScheduleConfig, timeZone: string): ScheduleSpec {
  const { at = [], every, weekdays: days, jitter } = schedule;
  const calendars = at.map((time): CalendarSpec => {
    const [hour, minute] = time.split(':').map(Number);
    const comment = `${time}${days ? ` on ${days.join(', ')}` : ''}`;
    return {
      hour: hour!,
      minute: minute!,
      comment,
      ...(days ? { dayOfWeek: days.map((day) => dayNames[day]) } : {}),
    };
  });
  return {
    ...(calendars.length > 0 ? { calendars } : {}),
    ...(every === undefined ? {} : { intervals: [{ every }] }),
    ...(jitter > 0 ? { jitter } : {}),
    timezone: schedule.timeZone ?? timeZone,
  };
}

/** A text that is equal exactly where two plans are: kept with the schedule, to see whether it must be updated. */
export function fingerprintOf(plan: PlannedSchedule): string {
  return canonicalJson(plan);
}
