import type { TargetPlan } from '../db/delivery/planWriteBacks';
import type { ObjectPlan, PairPlan, PlannedChange } from '../db/staging/readPlan';
import { plural } from './commandContext';
import { durationText, type PlanForecast } from './planForecast';
import { plainTable } from './runTable';

/** Longest value shown; HubSpot's texts may have 65,536 characters. */
const valueLengthMax = 60;

/** One change, field by field: what HubSpot holds and what it would hold. */
export function changeText(objectType: string, change: PlannedChange): string {
  const { operation, recordId, goldenId, adopted, leadSource, fields } = change;
  const which = recordId === null ? `golden ${goldenId}` : `HubSpot record ${recordId}`;
  const marks = [`from ${leadSource}`, ...(adopted ? ['adopted'] : [])].join(', ');
  return [`${operation} ${objectType}, ${which} (${marks})`, ...fields.map(fieldText)].join('\n');
}

/** One write-back, field by field: what the source's record holds and what it would hold. */
export function writeBackText(
  { target, objectType }: TargetPlan,
  { recordId, fields }: TargetPlan['changes'][number],
): string {
  return [`write back ${objectType}, ${target} record ${recordId}`, ...fields.map(fieldText)].join('\n');
}

function fieldText({ property, before, after }: PlannedChange['fields'][number]): string {
  return `    ${property}: ${valueText(before)} -> ${valueText(after)}`;
}

function valueText(value: string | null): string {
  if (value === null || value === '') return '(empty)';
  const short = value.length > valueLengthMax ? `${value.slice(0, valueLengthMax)}…` : value;
  return JSON.stringify(short);
}

/** The totals: per object, per pair of objects, then calls and time. */
export function planTotalsText(
  {
    objects,
    associations,
    writeBacks = [],
  }: { objects: ObjectPlan[]; associations: PairPlan[]; writeBacks?: TargetPlan[] },
  forecast: PlanForecast,
  isTerminal: boolean,
): string {
  const head = ['object', 'create', 'update', 'archive', 'adopted', 'unchanged', 'not deliverable'];
  const table = plainTable(head, head.length - 1, isTerminal);
  for (const plan of objects) {
    const { objectType, creates, updates, archives, adoptions, unchanged, undeliverable } = plan;
    table.push([
      objectType,
      ...[creates, updates, archives, adoptions, unchanged, undeliverable].map((count) =>
        count.toLocaleString('en'),
      ),
    ]);
  }
  return [
    table.toString(),
    ...associations.map(pairText),
    ...writeBacks.map(
      ({ target, objectType, records }) =>
        `write-backs to ${target}: ${plural(records, 'record')} of ${objectType}`,
    ),
    ...objects.flatMap(unreadText),
    callsText(forecast),
  ].join('\n');
}

function pairText({
  fromObject,
  toObject,
  associate,
  dissociate,
  unchanged,
  unknownLabel,
}: PairPlan): string {
  const unknown = unknownLabel > 0 ? `, ${plural(unknownLabel, 'pair')} with a label the portal lacks` : '';
  return `associations ${fromObject} → ${toObject}: ${associate} to add, ${dissociate} to remove, ${unchanged} unchanged${unknown}`;
}

/** Why nothing of an object is written yet. */
function unreadText({ objectType, unread }: ObjectPlan): string[] {
  const { never, properties } = unread;
  if (properties.length === 0 && !never) return [];
  const what = never ? 'were never read completely' : `were read without ${properties.join(', ')}`;
  return [`${objectType}: HubSpot's own records ${what}; nothing is written before that (tributary sync)`];
}

function callsText({ calls, recordCalls, associationCalls, durationMs }: PlanForecast): string {
  const time =
    durationMs === null ? 'the limit is not known yet' : `about ${durationText(durationMs)} at its limit`;
  return `HubSpot calls needed: ${calls} (${recordCalls} for records, ${associationCalls} for associations); ${time}`;
}
