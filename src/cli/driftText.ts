import type { DriftKind, DriftRow } from '../db/staging/drift';
import type { RunRow } from '../db/runs/runQueries';
import { plural } from './commandContext';

const kindTexts: Record<DriftKind, (count: number, name: string) => string> = {
  changed: (count, property) => `${property}: ${plural(count, 'other value')}`,
  unknown: (count) => `${plural(count, 'record')} not known before`,
  missing: (count) => `${plural(count, 'record')} gone`,
  returned: (count) => `${plural(count, 'record')} back from the archive`,
  associations: (count, toObject) => `${plural(count, 'association')} with ${toObject} taken away`,
};

/** Where HubSpot was not as known, by object; a line that says so where an audit found nothing; else no line. */
export function driftText({ trigger }: RunRow, drift: readonly DriftRow[]): string[] {
  if (drift.length === 0)
    return trigger === 'audit' ? ['no drift: HubSpot holds what it was known to hold'] : [];
  const objects = [...new Set(drift.map(({ objectType }) => objectType))];
  return [
    'drift: HubSpot was not as known',
    ...objects.flatMap((object) => [
      `  ${object}`,
      ...drift
        .filter(({ objectType }) => objectType === object)
        .map(({ kind, property, count }) => `    ${kindTexts[kind](count, property)}`),
    ]),
  ];
}
