import { databaseTime } from '../../db/clock';
import {
  claimRead,
  coveredProperties,
  moveCursor,
  setCovers,
  type StreamRef,
} from '../../db/staging/cursors';
import { extendGathering } from '../../db/staging/gatherings';
import { addDrift } from '../../db/staging/drift';
import {
  associationPairs,
  markAssociationsDue,
  replaceKnownAssociations,
} from '../../db/delivery/knownAssociations';
import { inTransaction, type Queryable } from '../../db/pool';
import { addCounts } from '../../db/runs/runCounts';
import { hubspotSource, laneNumbers } from '../../domain/record';
import { readHubSpotPage, type HubSpotPage } from '../../hubspot/source';
import { auditPage } from './auditPage';
import type { ActivityContext } from '../context';
import { supersededRead, type ExtractPageInput, type ExtractPageResult } from './pageRead';
import { leasedClient } from '../quota/leasedClient';
import { readHistories, type HubSpotRead } from '../receive/readHistories';
import type { ErasureSecret } from '../consolidate/screenErased';
import { readProperties, stageHubSpotRecords } from './stageHubSpot';

/** Records per activity: ten of HubSpot's own pages. */
const pageSize = 1_000;

/**
 * Reads a page of the CRM itself: known states, known associations and anchors of identity in one transaction.
 * Without `full`, a list that was read completely with all mapped properties is not read again: changes come by
 * events and audits, and search lags.
 */
export async function extractHubSpotPage(
  context: ActivityContext,
  input: ExtractPageInput,
): Promise<ExtractPageResult> {
  const { portalId, runId, stream: objectType } = input;
  const ref: StreamRef = { portalId, source: hubspotSource, stream: objectType };
  const object = await context.objectContext(portalId, objectType);
  const properties = readProperties(object);
  const covers = await coveredProperties(context.pool, portalId, hubspotSource, objectType);
  const isCovered = covers !== null && properties.every((name) => covers.includes(name));
  if (isCovered && !input.full) return { records: 0, staged: 0, faults: 0, done: true };
  const read = await claimRead(context.pool, ref, runId, true);
  if (read.done) return { records: 0, staged: 0, faults: 0, done: true };
  const client = leasedClient(
    context,
    await context.clientOf(portalId),
    portalId,
    laneNumbers.bulk,
    input.leaseId ? { leaseId: input.leaseId, bucket: 'burst' } : null,
  );
  const readBegan = await databaseTime(context.pool);
  const after = (read.position?.['after'] as string | undefined) ?? null;
  const associatedWith = object.settings.associatedWith.map((other) => ({
    objectType: other,
    hubspotType: context.hubspotType(other),
  }));
  const page = await readHubSpotPage(client, {
    objectType: object.settings.hubspotType,
    properties,
    associatedWith,
    after,
    pageSize,
  });
  const records = { records: page.records, properties, readBegan };
  const complete = await readHistories(context, client, portalId, objectType, records);
  await context.failpoint('extract.read');
  const staged = await inTransaction(context.pool, async (tx) => {
    const next = page.next === null ? null : { after: page.next };
    if (!(await moveCursor(tx, ref, read.fence, next, page.next === null ? { complete: true } : null))) {
      throw supersededRead();
    }
    if (page.next === null) await setCovers(tx, ref, properties);
    else await extendGathering(tx, portalId, [objectType], runId);
    const isLast = page.next === null;
    if (covers !== null) await auditPage(tx, ref, runId, complete, { readNumber: read.readNumber, isLast });
    const saved = { page, read: complete, associated: object.settings.associatedWith };
    const due = await savePage(tx, context.erasureSecret, ref, runId, saved);
    await context.failpoint('extract.staged');
    return due;
  });
  await context.failpoint('extract.committed');
  if (covers !== null && page.next === null) await context.doorbell.receive(portalId);
  if (staged > 0) await context.doorbell.consolidate(portalId, objectType);
  return { records: page.records.length, staged, faults: 0, done: page.next === null };
}

async function savePage(
  tx: Queryable,
  secret: ErasureSecret,
  ref: StreamRef,
  runId: string,
  { page, read, associated }: { page: HubSpotPage; read: HubSpotRead; associated: string[] },
): Promise<number> {
  const { portalId, stream: objectType } = ref;
  const { staged } = await stageHubSpotRecords(tx, ref, read, {
    ...{ runId, lane: laneNumbers.bulk, secret },
  });
  for (const toObject of associated) {
    const unread = new Set(page.unread.flatMap((item) => (item.toObject === toObject ? item.fromId : [])));
    const fromIds = page.records.map(({ id }) => id).filter((id) => !unread.has(id));
    const pairs = associationPairs(page.associations.filter((item) => item.toObject === toObject));
    const scope = [tx, portalId, objectType, toObject] as const;
    const { lost } = await replaceKnownAssociations(...scope, fromIds, pairs, read.readBegan);
    await markAssociationsDue(...scope, lost);
    const drift = { objectType, kind: 'associations' as const, property: toObject, count: lost.length };
    await addDrift(tx, portalId, runId, drift);
  }
  await addCounts(tx, portalId, runId, [
    { source: hubspotSource, objectType, status: 'read', count: page.records.length },
    { source: hubspotSource, objectType, status: 'staged', count: staged },
    { source: hubspotSource, objectType, status: 'calls:read', count: page.calls + read.historyCalls },
  ]);
  return staged;
}
