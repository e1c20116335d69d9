import type { PinEnding, PinState } from '../../domain/record';
import type { Queryable } from '../pool';

/** One edit and what became of it. Holds a value, which may be personal: for the person who asks, never for logs. */
export interface PinRow {
  pinId: string;
  objectType: string;
  goldenId: string;
  recordId: string;
  property: string;
  /** '' where it was cleared. */
  value: string;
  setBy: 'person' | 'integration';
  writer: string;
  setAt: Date;
  state: PinState;
  /** null: until the sources' value changes. */
  expiresAt: Date | null;
  endedAt: Date | null;
  endedBy: PinEnding | null;
  who: string | null;
  note: string | null;
}

export interface PinFilter {
  objectType?: string;
  property?: string;
  recordId?: string;
  /** Those that ended, instead of those that hold. */
  ended?: boolean;
}

const stateOf = ({ ended }: PinFilter) => (ended ? `state = 'ended'` : `state <> 'ended'`);
const wanted = `($2::text is null or object_type = $2) and ($3::text is null or property = $3)
  and ($4::text is null or record_id = $4)`;
const valuesOf = ({ objectType, property, recordId }: PinFilter) => [
  objectType ?? null,
  property ?? null,
  recordId ?? null,
];

/**
 * Pins, newest first.
 * @param before only those older than this pin: the next page
 */
export async function listPins(
  db: Queryable,
  portalId: string,
  filter: PinFilter,
  limit: number,
  before: string | null = null,
): Promise<PinRow[]> {
  const { rows } = await db.query<PinRow>(
    `select pin_id as "pinId", object_type as "objectType", golden_id as "goldenId", record_id as "recordId", property,
       value, set_by as "setBy", writer, set_at as "setAt", state, expires_at as "expiresAt", ended_at as "endedAt",
       ended_by as "endedBy", who, note
     from pins where portal_id = $1 and ${stateOf(filter)} and ${wanted} and ($5::bigint is null or pin_id < $5)
     order by pin_id desc limit $6`,
    [portalId, ...valuesOf(filter), before, limit],
  );
  return rows;
}

/** How many pins there are. */
export async function countPins(db: Queryable, portalId: string, filter: PinFilter): Promise<number> {
  const { rows } = await db.query<{ total: number }>(
    `select count(*)::float8 as total from pins where portal_id = $1 and ${stateOf(filter)} and ${wanted}`,
    [portalId, ...valuesOf(filter)],
  );
  return rows[0]!.total;
}
