import { z } from 'zod';
import { objects } from './schema/objects';
import { portals } from './schema/portals';
import { schedules } from './schema/schedules';
import { sources } from './schema/sources';
import { region, section, timeZone } from './schema/values';

/**
 * The shape of tributary.config.yaml. After parsing, durations are milliseconds and secrets are references.
 * What one value alone cannot tell (names that must exist, cycles, gaps of summer time) is in `checks/`.
 */
export const configSchema = section({
  version: z.literal(1).describe('Version of this file’s format.'),
  timeZone: timeZone
    .default('UTC')
    .describe('IANA time zone of schedules and of source times without a zone, e.g. `Europe/London`.'),
  defaultRegion: region.optional().describe('Country of phone numbers without a country code, e.g. `GB`.'),
  portals,
  sources,
  objects,
  schedules,
}).describe('Configuration of Tributary.');

export type TributaryConfig = z.output<typeof configSchema>;
