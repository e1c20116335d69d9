import { lifecycleOrder } from './owners';
import type { Row, WorldObject } from './world';

/**
 * The documented rules of the demo configuration, written a second time: precedence, recency, ownership, consent.
 * Nothing here looks at e-mails or phones to find out who is who; the world knows that.
 */
export type FieldRule = 'precedence' | 'recent' | 'shared' | 'ownedByHubSpot' | 'optOut' | 'forwardOnly';

const precedence = ['azure', 'ielts', 'eol', 'impact', 'erp'];

const special: Record<WorldObject, Record<string, FieldRule>> = {
  companies: { phone: 'shared' },
  contacts: {
    phone: 'recent',
    city: 'shared',
    preferred_language: 'shared',
    hubspot_owner_id: 'ownedByHubSpot',
    marketing_opt_out: 'optOut',
    lifecyclestage: 'forwardOnly',
  },
  deals: {},
};

/** Every property that the demo's field maps write, by object. */
export const mappedProperties: Record<WorldObject, readonly string[]> = {
  companies: ['name', 'domain', 'registration_number', 'phone', 'country', 'industry'],
  contacts: [
    ...['email', 'firstname', 'lastname', 'phone', 'country', 'city', 'date_of_birth', 'hubspot_owner_id'],
    ...[
      'lifecyclestage',
      'marketing_opt_out',
      'ielts_candidate_id',
      'ielts_band',
      'ielts_test_date',
      'eol_plan',
    ],
    ...['eol_started_on', 'preferred_language', 'referral_partner', 'referred_on'],
  ],
  deals: ['source_order_id', 'dealname', 'amount', 'closedate', 'pipeline', 'dealstage'],
};

/** How values are compared: numbers by worth, times by instant, all else letter by letter. */
export const numberProperties = ['ielts_band', 'amount'];
export const timeProperties = ['closedate'];

const ruleOf = (object: WorldObject, property: string): FieldRule =>
  special[object][property] ?? 'precedence';

/** The one value that the sources give a property; undefined where none knows it. Throws where the world is ambiguous. */
export function sourceValue(
  object: WorldObject,
  property: string,
  rows: readonly Row[],
): { value: string; changedAt: string | null } | undefined {
  const known = rows.filter((row) => (row.means[property] ?? '') !== '');
  if (known.length === 0) return undefined;
  const rule = ruleOf(object, property);
  const winner =
    rule === 'optOut'
      ? optOutOf(known, property)
      : rule === 'recent'
        ? latest(known, property)
        : strongest(known, property);
  return { value: winner.means[property] as string, changedAt: winner.changedLater[property] ?? null };
}

function strongest(rows: Row[], property: string): Row {
  const rank = (row: Row): number => precedence.indexOf(row.source);
  const best = Math.min(...rows.map(rank));
  const winners = rows.filter((row) => rank(row) === best);
  assertAgree(winners, property);
  return winners[0] as Row;
}

function optOutOf(rows: Row[], property: string): Row {
  return rows.find((row) => row.means[property] === 'true') ?? strongest(rows, property);
}

function latest(rows: Row[], property: string): Row {
  const timeOf = (row: Row): string | null => row.changedLater[property] ?? row.changedAt;
  const timed = rows
    .filter((row) => timeOf(row) !== null)
    .sort((a, b) => ((timeOf(a) as string) < (timeOf(b) as string) ? 1 : -1));
  const newest = timed[0];
  if (!newest) return strongest(rows, property);
  // Without a time of its own a row may only repeat what the newest says.
  assertAgree(
    [newest, ...rows.filter((row) => timeOf(row) === null || timeOf(row) === timeOf(newest))],
    property,
  );
  return newest;
}

function assertAgree(rows: Row[], property: string): void {
  if (rows.some((row) => row.means[property] !== rows[0]?.means[property])) {
    throw new Error(
      `the world is ambiguous: ${property} of ${rows.map((row) => `${row.source}/${row.key}`).join(', ')}`,
    );
  }
}

/** What the portal ends with, from its own value and the sources'. `since`: the time of the first sync. */
export function settledValue(
  object: WorldObject,
  property: string,
  held: string,
  found: { value: string; changedAt: string | null } | undefined,
  since: string,
): string {
  if (!found) return held;
  switch (ruleOf(object, property)) {
    case 'ownedByHubSpot':
      return held;
    case 'optOut':
      return held === 'true' ? held : found.value;
    case 'shared':
      return held !== '' && !(found.changedAt !== null && found.changedAt > since) ? held : found.value;
    case 'forwardOnly':
      return stageRank(held) > stageRank(found.value) ? held : found.value;
    case 'precedence':
    case 'recent':
      return found.value;
  }
}

const stageRank = (stage: string): number => (lifecycleOrder as readonly string[]).indexOf(stage);
