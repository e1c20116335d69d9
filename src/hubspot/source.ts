import { readAssociations, associationReadMax, type ReadAssociation } from './associations';
import type { HubSpotClient } from './client';
import { listRecords } from './listRecords';
import type { HubSpotRecord } from './schemas';

/** HubSpot lists at most 100 records per call (facts §4.2). */
const listLimit = 100;

export interface HubSpotPageRequest {
  objectType: string;
  properties: readonly string[];
  /** Object types whose associations with these records are read along: our name and HubSpot's. */
  associatedWith: readonly { objectType: string; hubspotType: string }[];
  /** `after` of HubSpot's list, or null for the beginning. */
  after: string | null;
  /** About this many records: a multiple of HubSpot's own pages. */
  pageSize: number;
}

export interface HubSpotPage {
  records: HubSpotRecord[];
  associations: { fromId: string; toObject: string; to: ReadAssociation[] }[];
  /** Of these HubSpot did not tell the associations: they stay as they are known. */
  unread: { fromId: string; toObject: string }[];
  next: string | null;
  calls: number;
}

/**
 * Reads a page of a complete list of one object type: the CRM as a source. Several calls of 100 records, then one
 * association read per associated type.
 * @throws HubSpotFailure
 */
export async function readHubSpotPage(
  client: HubSpotClient,
  request: HubSpotPageRequest,
): Promise<HubSpotPage> {
  const { objectType, properties } = request;
  const page: HubSpotPage = { records: [], associations: [], unread: [], next: request.after, calls: 0 };
  do {
    const { records, next } = await listRecords(client, {
      objectType,
      properties,
      limit: listLimit,
      after: page.next,
    });
    page.records.push(...records);
    page.next = next;
    page.calls += 1;
  } while (page.next !== null && page.records.length + listLimit <= Math.max(request.pageSize, listLimit));
  // The list moves while it is read: a record may stand on two of its pages.
  page.records = [...new Map(page.records.map((record) => [record.id, record])).values()];
  for (const other of request.associatedWith) await readAssociationsOf(client, objectType, other, page);
  return page;
}

async function readAssociationsOf(
  client: HubSpotClient,
  fromType: string,
  { objectType: toObject, hubspotType: toType }: HubSpotPageRequest['associatedWith'][number],
  page: HubSpotPage,
): Promise<void> {
  let inputs: { id: string; after?: string }[] = page.records.map(({ id }) => ({ id }));
  while (inputs.length > 0) {
    const read = await readAssociations(client, {
      fromType,
      toType,
      inputs: inputs.slice(0, associationReadMax),
    });
    page.calls += 1;
    for (const [fromId, to] of read.byFromId) page.associations.push({ fromId, toObject, to });
    for (const { id: fromId } of read.failed) page.unread.push({ fromId, toObject });
    inputs = [...read.more, ...inputs.slice(associationReadMax)];
  }
}
