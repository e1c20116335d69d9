import { countSharers, loadMapped, loadNeighbours, type StoredMapped } from '../db/mappedRecords';
import { loadKnownStates } from '../db/knownStates';
import type { Queryable } from '../db/pool';
import { goldenIdOf } from '../domain/goldenId';
import { limitsOf, similarTextOf, type IdentityAnswer, type IdentityRecord } from '../domain/identityRecord';
import { hubspotSource, tributaryIdProperty, type IdentityKey, type RecordRef } from '../domain/record';
import { resolveIdentity } from '../domain/resolveIdentity';
import type { IdentityRules, ObjectRules } from '../domain/rules';
import { refKey, valuesOf } from './mapSlice';

/** A component larger than this is no component of one person: the slice fails and is bisected. */
const componentRecordsMax = 50_000;

export interface Component {
  /** Every record of the touched component, by `refKey`. */
  records: Map<string, StoredMapped>;
  answer: IdentityAnswer;
  /** HubSpot records that golden records are linked to now, by golden id. */
  heldBy: Record<string, string>;
}

/**
 * Loads the component that the touched keys span, and recomputes who is who in it.
 * @param touched records written in this slice and the keys they hold or held
 */
export async function identifySlice(
  db: Queryable,
  portalId: string,
  rules: ObjectRules,
  touched: { refs: RecordRef[]; keys: string[]; goldenIds: string[] },
): Promise<Component> {
  const { records, keys, overshared } = await loadComponent(db, portalId, rules, touched);
  const goldenIds = distinct([...records.values()].flatMap(({ goldenId }) => goldenId ?? []));
  const known = await loadKnownStates(db, portalId, rules.objectType, { goldenIds });
  const heldBy = Object.fromEntries(known.map(({ goldenId, recordId }) => [goldenId!, recordId]));
  const inFlight = await goldenInFlight(db, portalId, rules.objectType, goldenIds);
  const anchors = [...records.values()].filter(({ source }) => source === hubspotSource);
  const ownIds = await tributaryIdsOf(db, portalId, rules.objectType, anchors);
  const question = [...records.values()].map((record) =>
    identityRecord(record, rules.identity, ownIds, (id) => id in heldBy || inFlight.has(id)),
  );
  const answer = resolveIdentity({
    records: question,
    sharers: { ...(await countSharers(db, portalId, rules.objectType, keys)), ...overshared },
    rules: rules.identity,
    newGoldenId: (ref, attempt) => goldenIdOf(portalId, rules.objectType, ref, attempt),
    heldBy,
  });
  return { records, answer, heldBy };
}

async function loadComponent(
  db: Queryable,
  portalId: string,
  rules: ObjectRules,
  touched: { refs: RecordRef[]; keys: string[]; goldenIds: string[] },
) {
  const records = new Map<string, StoredMapped>();
  const seenKeys = new Set<string>();
  const seenGolden = new Set<string>();
  const overshared: Record<string, number> = {};
  let frontier = await loadMapped(db, portalId, touched.refs);
  let keys = distinct(touched.keys);
  let goldenIds = distinct(touched.goldenIds);
  for (;;) {
    for (const record of frontier) records.set(refKey(record), record);
    if (records.size > componentRecordsMax) throw new Error('the touched component is too large');
    keys = distinct([...keys, ...frontier.flatMap((record) => record.keys)]).filter(
      (key) => !seenKeys.has(key),
    );
    goldenIds = distinct([...goldenIds, ...frontier.flatMap(({ goldenId }) => goldenId ?? [])]).filter(
      (id) => !seenGolden.has(id),
    );
    if (keys.length === 0 && goldenIds.length === 0) break;
    for (const key of keys) seenKeys.add(key);
    for (const id of goldenIds) seenGolden.add(id);
    const sharers = await countSharers(db, portalId, rules.objectType, keys);
    const expandable = keys.filter((key) => !isOvershared(key, sharers, touched, rules, overshared));
    const neighbours = await loadNeighbours(db, portalId, rules.objectType, expandable, goldenIds);
    frontier = neighbours.filter((record) => !records.has(refKey(record)));
    keys = [];
    goldenIds = [];
  }
  return { records, keys: [...seenKeys], overshared };
}

/**
 * A key above `maxSharers` joins nobody. It is still followed once, by the slice whose records took it over the
 * limit: the few that it had joined before must be looked at again.
 */
function isOvershared(
  key: string,
  sharers: Record<string, number>,
  touched: { refs: RecordRef[] },
  rules: ObjectRules,
  overshared: Record<string, number>,
): boolean {
  const holders = sharers[key] ?? 1;
  if (holders <= rules.identity.maxSharers) return false;
  overshared[key] = holders;
  return holders > rules.identity.maxSharers + touched.refs.length;
}

function identityRecord(
  record: StoredMapped,
  rules: IdentityRules,
  tributaryIds: Map<string, string>,
  isFixed: (goldenId: string) => boolean,
): IdentityRecord {
  const values = valuesOf(record.fields);
  const anchor = record.source === hubspotSource;
  return {
    source: record.source,
    stream: record.stream,
    key: record.key,
    anchor,
    tributaryId: anchor ? (tributaryIds.get(record.key) ?? null) : null,
    keys: record.keys.flatMap((key) => ruleOf(key, rules)),
    similarText: similarTextOf(values, rules),
    limits: limitsOf(values, rules),
    goldenId: record.goldenId,
    fixed: record.goldenId !== null && isFixed(record.goldenId),
  };
}

/** A key begins with its rule's name; a key of a rule that is no longer configured is no evidence. */
function ruleOf(key: string, rules: IdentityRules): IdentityKey[] {
  const rule = rules.rules.findIndex(({ name }) => key.startsWith(`${name}:`));
  return rule < 0 ? [] : [{ rule, key }];
}

async function goldenInFlight(db: Queryable, portalId: string, objectType: string, goldenIds: string[]) {
  const { rows } = await db.query<{ golden_id: string }>(
    `select golden_id from outbox where portal_id = $1 and target = 'hubspot' and object_type = $2
       and golden_id = any ($3::uuid[]) and batch_id is not null`,
    [portalId, objectType, goldenIds],
  );
  return new Set(rows.map((row) => row.golden_id));
}

function distinct(items: string[]): string[] {
  return [...new Set(items)];
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The `tributary_id` that HubSpot records carry, by record id; what a person typed there is no id of ours. */
async function tributaryIdsOf(
  db: Queryable,
  portalId: string,
  objectType: string,
  anchors: RecordRef[],
): Promise<Map<string, string>> {
  if (anchors.length === 0) return new Map();
  const { rows } = await db.query<{ record_id: string; own: string | null }>(
    `select record_id, kept ->> $4 as own from known_states
     where portal_id = $1 and target = 'hubspot' and object_type = $2 and record_id = any ($3::text[])`,
    [portalId, objectType, anchors.map(({ key }) => key), tributaryIdProperty],
  );
  return new Map(
    rows.flatMap((row) => (row.own && uuidPattern.test(row.own) ? [[row.record_id, row.own] as const] : [])),
  );
}
