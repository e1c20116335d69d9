import { hasDecisions, loadDecisions, type StoredDecision } from '../../db/golden/identityDecisions';
import { loadKnownStates } from '../../db/delivery/knownStates';
import { contestedMerges, type ContestedMerge } from '../../db/delivery/contestedMerges';
import { countSharers, loadMapped, loadNeighbours, type StoredMapped } from '../../db/golden/mappedRecords';
import type { Queryable } from '../../db/pool';
import { nextLookup, touchedKeys, type KeyChange } from '../../domain/identity/expandComponent';
import { goldenIdOf, isGoldenId } from '../../domain/identity/goldenId';
import type { IdentityDecision } from '../../domain/identity/identityDecisions';
import {
  limitsOf,
  similarTextOf,
  type IdentityAnswer,
  type IdentityRecord,
} from '../../domain/identity/identityRecord';
import { hubspotSource, tributaryIdProperty, type IdentityKey, type RecordRef } from '../../domain/record';
import { resolveIdentity } from '../../domain/identity/resolveIdentity';
import type { IdentityRules, ObjectRules } from '../../domain/rules';
import { refKey, valuesOf } from './mapSlice';

/** A component larger than this is no component of one person: the slice fails and is bisected. */
const componentRecordsMax = 50_000;
/** Each round follows at least one new key; a chain longer than this is cut and continued by its next record. */
const roundsMax = 50;

export interface Component {
  /** Every record of the touched component, by `refKey`. */
  records: Map<string, StoredMapped>;
  answer: IdentityAnswer;
  /** HubSpot records that golden records are linked to now, by golden id. */
  heldBy: Record<string, string>;
}

export interface Touched {
  refs: RecordRef[];
  /** Records that are gone: what was decided about them may change their neighbours. */
  removed: RecordRef[];
  changes: KeyChange[];
  goldenIds: string[];
  sharersBefore: Record<string, number>;
}

/** Loads the component that a slice touched, and recomputes who is who in it. */
export async function identifySlice(
  db: Queryable,
  portalId: string,
  rules: ObjectRules,
  touched: Touched,
): Promise<Component> {
  const { records, questions, sharers, heldBy, decisions, newGoldenId } = await loadComponent(
    db,
    portalId,
    rules,
    touched,
  );
  const answer = resolveIdentity({
    records: [...questions.values()],
    sharers,
    rules: rules.identity,
    newGoldenId,
    heldBy,
    decisions,
  });
  return { records, answer, heldBy };
}

async function loadComponent(db: Queryable, portalId: string, rules: ObjectRules, touched: Touched) {
  const { objectType, identity } = rules;
  const records = new Map<string, StoredMapped>();
  const questions = new Map<string, IdentityRecord>();
  const heldBy: Record<string, string> = {};
  const asked = { keys: new Set<string>(), goldenIds: new Set<string>() };
  const newGoldenId = rememberedIds((ref, attempt) => goldenIdOf(portalId, objectType, ref, attempt));
  const decided = new Map<string, StoredDecision>();
  const anyDecided = await hasDecisions(db, portalId, objectType);
  const contested = new Map<string, ContestedMerge>();
  let partners: RecordRef[] = [];
  /** What people decided about these records; the records that they are one with are loaded next. */
  const askDecisions = async (refs: RecordRef[]) => {
    if (!anyDecided) return;
    for (const decision of await loadDecisions(db, portalId, objectType, refs)) {
      if (decided.has(decision.decisionId)) continue;
      decided.set(decision.decisionId, decision);
      if (decision.kind === 'together') partners.push(...decision.left, ...decision.right);
    }
  };
  const take = async (loaded: StoredMapped[]) => {
    const added = loaded.filter((record) => !records.has(refKey(record)));
    const facts = await loadFacts(db, portalId, objectType, added);
    Object.assign(heldBy, facts.heldBy);
    for (const record of added) {
      records.set(refKey(record), record);
      questions.set(refKey(record), identityRecord(record, identity, facts));
    }
    await askDecisions(added);
    const goldenIds = distinct(added.flatMap(({ goldenId }) => goldenId ?? []));
    for (const merge of await contestedMerges(db, portalId, objectType, goldenIds))
      contested.set(merge.loser, merge);
    if (records.size > componentRecordsMax) throw new RangeError('the touched component is too large');
  };

  const keys = touched.changes.flatMap(({ before, after }) => [...before, ...after].map(({ key }) => key));
  const sharers = await countAll(db, portalId, objectType, keys);
  await take(await loadMapped(db, portalId, touched.refs));
  await askDecisions(touched.removed);
  let lookup = {
    keys: touchedKeys(touched.changes, touched.sharersBefore, sharers, identity.maxSharers),
    goldenIds: distinct(touched.goldenIds),
  };
  const isOpen = () =>
    lookup.keys.length + lookup.goldenIds.length + partners.length + openContested().length > 0;
  const openContested = () =>
    [...contested.values()]
      .flatMap(({ loser, winner }) => [loser, winner])
      .filter((id) => !asked.goldenIds.has(id));
  for (let round = 0; round < roundsMax && isOpen(); round += 1) {
    lookup.goldenIds = distinct([...lookup.goldenIds, ...openContested()]);
    for (const key of lookup.keys) asked.keys.add(key);
    for (const id of lookup.goldenIds) asked.goldenIds.add(id);
    await take(await loadNeighbours(db, portalId, objectType, lookup.keys, lookup.goldenIds));
    const missing = partners.filter((ref) => !records.has(refKey(ref)));
    partners = [];
    await take(await loadMapped(db, portalId, missing));
    const unknown = [...records.values()].flatMap((record) => record.keys).filter((key) => !(key in sharers));
    Object.assign(sharers, await countAll(db, portalId, objectType, unknown));
    const isEvident = (key: string) => (sharers[key] ?? 1) <= identity.maxSharers;
    lookup = nextLookup([...questions.values()], asked, isEvident, newGoldenId);
  }
  const decisions = [...decided.values(), ...mergeDecisions([...contested.values()], [...records.values()])];
  return { records, questions, sharers, heldBy, decisions, newGoldenId };
}

/** What HubSpot has made one record of is one, unless a person says otherwise: each asks a review. */
function mergeDecisions(contested: ContestedMerge[], records: StoredMapped[]): IdentityDecision[] {
  const of = (goldenId: string) => records.filter((record) => record.goldenId === goldenId);
  return contested.map(({ loser, winner }) => ({
    ...{ kind: 'together' as const, left: of(loser), right: of(winner) },
    ...{ decidedAt: '', moves: false, merged: true },
  }));
}

type NewGoldenId = (ref: RecordRef, attempt: number) => string;

/** Every round asks for the same ids again, and each is a hash. */
function rememberedIds(make: NewGoldenId): NewGoldenId {
  const made = new Map<string, string>();
  return (ref, attempt) => {
    const key = `${refKey(ref)}\u0000${attempt}`;
    let id = made.get(key);
    if (id === undefined) made.set(key, (id = make(ref, attempt)));
    return id;
  };
}

/** Holders per key: those that `countSharers` leaves out are held once. */
async function countAll(db: Queryable, portalId: string, objectType: string, keys: string[]) {
  const wanted = distinct(keys);
  const sharers: Record<string, number> = Object.fromEntries(wanted.map((key) => [key, 1]));
  return Object.assign(sharers, await countSharers(db, portalId, objectType, wanted));
}

interface Facts {
  heldBy: Record<string, string>;
  /** Golden records whose creation may have been sent. */
  inFlight: Set<string>;
  tributaryIds: Map<string, string>;
}

async function loadFacts(
  db: Queryable,
  portalId: string,
  objectType: string,
  records: StoredMapped[],
): Promise<Facts> {
  if (records.length === 0) return { heldBy: {}, inFlight: new Set(), tributaryIds: new Map() };
  const goldenIds = distinct(records.flatMap(({ goldenId }) => goldenId ?? []));
  const known = await loadKnownStates(db, portalId, objectType, { goldenIds });
  const anchors = records.filter(({ source }) => source === hubspotSource);
  return {
    heldBy: Object.fromEntries(known.map(({ goldenId, recordId }) => [goldenId!, recordId])),
    inFlight: await goldenInFlight(db, portalId, objectType, goldenIds),
    tributaryIds: await tributaryIdsOf(db, portalId, objectType, anchors),
  };
}

function identityRecord(
  record: StoredMapped,
  rules: IdentityRules,
  { heldBy, inFlight, tributaryIds }: Facts,
): IdentityRecord {
  const values = valuesOf(record.fields);
  const anchor = record.source === hubspotSource;
  const { source, stream, key, goldenId } = record;
  return {
    source,
    stream,
    key,
    anchor,
    tributaryId: anchor ? (tributaryIds.get(key) ?? null) : null,
    keys: record.keys.map((text) => identityKey(text, rules)),
    similarText: similarTextOf(values, rules),
    limits: limitsOf(values, rules),
    goldenId,
    fixed: goldenId !== null && (goldenId in heldBy || inFlight.has(goldenId)),
  };
}

/** A key begins with its rule's name; rule -1 is evidence of no rule: our own id, or a rule no longer configured. */
function identityKey(key: string, rules: IdentityRules): IdentityKey {
  return { rule: rules.rules.findIndex(({ name }) => key.startsWith(`${name}:`)), key };
}

async function goldenInFlight(db: Queryable, portalId: string, objectType: string, goldenIds: string[]) {
  const { rows } = await db.query<{ golden_id: string }>(
    `select golden_id from outbox where portal_id = $1 and target = 'hubspot' and object_type = $2
       and golden_id = any ($3::uuid[]) and batch_id is not null`,
    [portalId, objectType, goldenIds],
  );
  return new Set(rows.map((row) => row.golden_id));
}

/** The `tributary_id` that HubSpot records carry, by record id; what a person typed there is no id of ours. */
export async function tributaryIdsOf(
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
    rows.flatMap((row) => (row.own && isGoldenId(row.own) ? [[row.record_id, row.own] as const] : [])),
  );
}

function distinct(items: string[]): string[] {
  return [...new Set(items)];
}
