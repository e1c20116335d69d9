import { DateTime, IANAZone } from 'luxon';
import { finding, type ConfigCheck, type Finding } from '../finding';
import type { RawNode } from '../rawNode';
import { weekdays } from '../schema/schedules';

const daysAhead = 366;

/** The schedule that rings the lanes every minute. */
const ownSchedule = 'tick';

/** Schedules: one way of saying when; and no time that summer time will skip, for that run would never start. */
export const checkSchedules: ConfigCheck = (root, { now }) =>
  root
    .get('schedules')
    .entries()
    .flatMap(({ key, node }) => {
      const has = (key: string) => node.get(key).value !== undefined;
      const findings: Finding[] = [];
      if (key === ownSchedule) {
        findings.push(finding(node, 'key', 'this name is Tributary’s own', 'give the schedule another name'));
      }
      if (has('at') === has('every')) {
        const message = has('at') ? 'has both at and every' : 'does not say when';
        findings.push(finding(node, 'key', message, "give either at: '02:00' or every: 30m"));
      }
      if (has('weekdays') && !has('at')) {
        findings.push(
          finding(node.get('weekdays'), 'key', 'weekdays go with at only', 'remove weekdays, or give at'),
        );
      }
      const zone = node.get('timeZone').text() ?? root.get('timeZone').text() ?? 'UTC';
      if (!IANAZone.isValidZone(zone)) return findings;
      return [
        ...findings,
        ...node
          .get('at')
          .items()
          .flatMap((at) => gapFinding(at, node, zone, now)),
      ];
    });

function gapFinding(at: RawNode, schedule: RawNode, zone: string, now: Date): Finding[] {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(at.text() ?? '') ?? [];
  if (hour === undefined || minute === undefined) return [];
  const chosen = schedule
    .get('weekdays')
    .items()
    .map((day) => day.text());
  const skipped = firstGap(Number(hour), Number(minute), zone, now, (day) => {
    return chosen.length === 0 || chosen.includes(weekdays[day.weekday - 1]);
  });
  if (!skipped) return [];
  return [
    finding(
      at,
      'value',
      `does not exist on ${skipped.day.toISODate()} in ${zone}: the clocks go forward over it`,
      outside(skipped.day, skipped.minuteOfDay),
    ),
  ];
}

function firstGap(hour: number, minute: number, zone: string, now: Date, runsOn: (day: DateTime) => boolean) {
  const today = DateTime.fromJSDate(now, { zone }).startOf('day');
  for (let ahead = 0; ahead <= daysAhead; ahead++) {
    const day = today.plus({ days: ahead });
    if (runsOn(day) && !exists(day, hour * 60 + minute)) return { day, minuteOfDay: hour * 60 + minute };
  }
  return null;
}

/** A wall time inside a gap comes back from the zone as another one. */
function exists(day: DateTime, minuteOfDay: number): boolean {
  const hour = Math.floor(minuteOfDay / 60);
  const minute = minuteOfDay % 60;
  const real = DateTime.fromObject(
    { year: day.year, month: day.month, day: day.day, hour, minute },
    { zone: day.zone },
  );
  return real.hour === hour && real.minute === minute;
}

/** The nearest wall times on both sides of the gap. */
function outside(day: DateTime, inside: number): string {
  let before = inside;
  let after = inside;
  while (before >= 0 && !exists(day, before)) before--;
  while (after < 24 * 60 && !exists(day, after)) after++;
  const earlier = before >= 0 ? [`${clock(before)} or earlier`] : [];
  const later = after < 24 * 60 ? [`${clock(after)} or later`] : [];
  return `choose ${[...earlier, ...later].join(', or ')}`;
}

function clock(minuteOfDay: number): string {
  return `${String(Math.floor(minuteOfDay / 60)).padStart(2, '0')}:${String(minuteOfDay % 60).padStart(2, '0')}`;
}
