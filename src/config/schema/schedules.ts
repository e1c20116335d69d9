import { z } from 'zod';
import { duration, name, oneOrMore, section, timeZone } from './values';

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const schedule = section({
  at: oneOrMore(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like 02:00 (24 hours)'))
    .optional()
    .describe('Time(s) of day, as `HH:mm`. Instead of `every`.'),
  weekdays: z
    .array(z.enum(weekdays))
    .min(1)
    .optional()
    .describe('Only on these days; with `at`. Default: every day.'),
  every: duration
    .optional()
    .describe('Interval, e.g. `30m`. Instead of `at`. What is read so often is also delivered first.'),
  jitter: duration
    .prefault('0s')
    .describe('Start up to this much later, at random, so that not all start at once.'),
  overlap: z
    .enum(['skip', 'bufferOne'])
    .default('skip')
    .describe('When the run before still runs: leave this one out, or start it afterwards.'),
  catchUp: duration
    .prefault('1h')
    .describe('A start missed because everything was down is made up for within this time.'),
  timeZone: timeZone.optional().describe('Zone of `at`. Default: the file’s.'),
});

export const schedules = z
  .record(name, schedule)
  .default({})
  .describe('When sources are read; a source names its schedule.');

export type ScheduleConfig = z.output<typeof schedule>;
