import { databaseTime } from '../../db/clock';
import { loadKnownStates } from '../../db/delivery/knownStates';
import { dueValues } from '../../db/delivery/outbox';
import type { Queryable } from '../../db/pool';
import { openProblems } from '../../db/problems/problems';
import { conflictCounts, endIntents } from '../../db/delivery/settle';
import type { TakenBatch } from '../../db/delivery/batches';
import type { FoldedOutcomes } from '../../domain/delivery/foldOutcome';
import { hubspotSource, laneNumbers } from '../../domain/record';
import { getRecord, readBatch } from '../../hubspot/readBatch';
import type { HubSpotRecord } from '../../hubspot/schemas';
import { countIntents, problemOf, runIdOf } from './batchRecords';
import { conflictsMax } from '../quota/limits';
import type { ErasureSecret } from '../consolidate/screenErased';
import type { Sending } from './sending';
import { readHistories, type HubSpotRead } from '../receive/readHistories';
import { readProperties, stageHubSpotRecords } from '../extract/stageHubSpot';

export interface Owners extends HubSpotRead {
  /** Golden id of a refused record → the HubSpot record that owns its key. */
  ownerOf: Map<string, string>;
}

/**
 * Reads the records that own a key of ours, so that they can be adopted: by the id that HubSpot names, else by the
 * e-mail, primary or secondary.
 * @throws HubSpotFailure
 */
export async function readOwners(
  { context, portalId, readBack: client }: Sending,
  batch: TakenBatch,
  { conflicts }: FoldedOutcomes,
): Promise<Owners | null> {
  if (conflicts.length === 0) return null;
  const object = await context.objectContext(portalId, batch.objectType);
  const properties = readProperties(object);
  const asked = [...new Set([...properties, otherAddresses])];
  const readBegan = await databaseTime(context.pool);
  const records: HubSpotRecord[] = [];
  const ownerOf: Owners['ownerOf'] = new Map();
  const objectType = object.settings.hubspotType;
  const named = conflicts.flatMap(({ goldenId, ownerId }) => (ownerId ? [[goldenId, ownerId] as const] : []));
  if (named.length > 0) {
    const ids = named.map(([, ownerId]) => ownerId);
    records.push(...(await readBatch(client, { objectType, properties: asked, ids })).records);
    for (const [goldenId, ownerId] of named) ownerOf.set(goldenId, ownerId);
  }
  for (const { goldenId, ownerId } of conflicts) {
    const email = batch.intents.find((intent) => intent.goldenId === goldenId)?.properties['email'];
    if (ownerId !== null || !email) continue;
    // One by one: whether a batch read finds secondary e-mails is not known, and one that names no id is rare.
    const owner = await getRecord(client, { objectType, id: email, idProperty: 'email', properties: asked });
    if (!owner) continue;
    ownerOf.set(goldenId, owner.id);
    if (!records.some(({ id }) => id === owner.id)) records.push(owner);
  }
  const found = { records, properties, readBegan };
  return { ...(await readHistories(context, client, portalId, batch.objectType, found)), ownerOf };
}

/**
 * Keys that another HubSpot record owns: that record is staged, and a new record is tried again when identity has had
 * the time to adopt it. It is a problem where the owner belongs to another golden record, and where ours has a HubSpot
 * record already: two of them are one, or one has a wrong key, and a person must look. An address that its owner gives up
 * is only waited for.
 */
export async function settleConflicts(
  tx: Queryable,
  secret: ErasureSecret,
  portalId: string,
  batch: TakenBatch,
  { conflicts }: FoldedOutcomes,
  owners: Owners | null,
): Promise<void> {
  if (owners === null) return;
  const { objectType } = batch;
  const recordIds = [...owners.ownerOf.values()];
  const states = await loadKnownStates(tx, portalId, objectType, { recordIds });
  const holderOf = new Map(states.map((state) => [state.recordId, state.goldenId]));
  const goldenIds = conflicts.map(({ goldenId }) => goldenId);
  const tries = await conflictCounts(tx, portalId, objectType, goldenIds);
  const own = new Map(batch.intents.map(({ goldenId, recordId }) => [goldenId, recordId]));
  const wanted = await dueValues(
    tx,
    portalId,
    objectType,
    [...holderOf.values()].flatMap((id) => id ?? []),
  );
  const givesUp = (ownerId: string, email: string): boolean => {
    const record = owners.records.find(({ id }) => id === ownerId);
    const values = wanted.get(holderOf.get(ownerId) ?? '');
    return (record && !hasAddress(record, email)) || (values !== undefined && values['email'] !== email);
  };
  const lost = conflicts.filter(({ goldenId }) => {
    if ((tries.get(goldenId) ?? 0) >= conflictsMax) return true;
    const ownerId = owners.ownerOf.get(goldenId);
    const email = batch.intents.find((intent) => intent.goldenId === goldenId)?.properties['email'];
    if (ownerId !== undefined && email && givesUp(ownerId, email)) return false;
    const holder = ownerId === undefined ? null : (holderOf.get(ownerId) ?? null);
    const recordId = own.get(goldenId) ?? null;
    const hasAnother = recordId !== null && ownerId !== undefined && ownerId !== recordId;
    return hasAnother || (holder !== null && holder !== goldenId);
  });
  const lostIds = lost.map(({ goldenId }) => goldenId);
  const runId = runIdOf(batch);
  const problems = lost.map(({ goldenId, reason }) =>
    problemOf(
      batch,
      goldenId,
      'conflict',
      null,
      `HubSpot says: ${reason}${ownerText(owners.ownerOf.get(goldenId))}`,
    ),
  );
  await openProblems(tx, portalId, runId, problems);
  await countIntents(tx, portalId, batch, 'problems', lostIds);
  await endIntents(tx, portalId, batch, lostIds, 'parked');
  const ref = { portalId, source: hubspotSource, stream: objectType };
  await stageHubSpotRecords(tx, ref, owners, { runId, lane: laneNumbers.partner, secret });
  const adoptable = goldenIds.filter((id) => !lostIds.includes(id));
  await endIntents(tx, portalId, batch, adoptable, 'retryLater');
}

/** Addresses beside the primary one (facts §3.4); a read that was not asked for them cannot say that there are none. */
const otherAddresses = 'hs_additional_emails';

function hasAddress({ properties }: HubSpotRecord, email: string): boolean {
  if (!(otherAddresses in properties)) return true;
  const held = [properties['email'], ...(properties[otherAddresses] ?? '').split(';')];
  return held.some((address) => address?.trim().toLowerCase() === email);
}

function ownerText(ownerId: string | undefined): string {
  return ownerId === undefined ? '' : ` (the owner is HubSpot record ${ownerId})`;
}
