import { z } from 'zod';
import { createExchange, type Exchange, type ExchangeOptions } from './exchange';
import { defectFailure } from './hubspotFailure';
import { readJournalEvents, type JournalEvent } from './journalEvents';
import { hubspotPaths, type ApiVersion } from './paths';
import { isSuccess, readReply } from './readReply';
import { tokenFailure } from './tokenFailure';

/**
 * HubSpot's Webhooks Journal (facts §8.2): what happened in an account, kept for three days in files that follow each
 * other. Its calls count into no quota. All functions make exactly one HTTP request and throw `HubSpotFailure`.
 */
export interface JournalApp {
  exchange: Exchange;
  /** Options of the way to HubSpot, for the files, which lie elsewhere. */
  options: ExchangeOptions;
  apiVersion: ApiVersion;
  clientId: string;
  clientSecret: string;
}

const scope = 'developer.webhooks_journal.read';
const tokenSchema = z.looseObject({ access_token: z.string().min(1).max(20_000) });

/** A token of the app itself, not of an account that installed it. @throws TokenFailure where HubSpot refuses it */
export async function journalToken({
  exchange,
  apiVersion,
  clientId,
  clientSecret,
}: JournalApp): Promise<string> {
  const reply = await exchange({
    method: 'POST',
    endpoint: 'journal.token',
    path: hubspotPaths(apiVersion).oauthToken(),
    form: { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope },
  });
  if (!isSuccess(reply.status)) throw tokenFailure(reply);
  return readReply(reply, tokenSchema).access_token;
}

/** A file of the journal: where it stands in it, and its address, which needs no token for a while. */
export interface JournalFile {
  offset: string;
  url: string;
}

const filesSchema = z.looseObject({
  results: z.array(z.looseObject({ currentOffset: z.string().min(1).max(200), url: z.string().max(10_000) })),
});

/** Files of one call. */
const filesMax = 10;

/**
 * The next files after an offset, or the earliest that HubSpot keeps.
 * @returns none at the end; 'unknown' where HubSpot does not have the offset any more, or (as some report) where nothing
 * follows it yet: `newestJournalOffset` tells
 */
export async function nextJournalFiles(
  app: JournalApp,
  token: string,
  { portalId, after }: { portalId: string; after: string | null },
): Promise<JournalFile[] | 'unknown'> {
  const path = hubspotPaths(app.apiVersion).journalBatch(after, filesMax);
  const files = await readFiles(app, token, { endpoint: 'journal.next', path, portalId });
  return files ?? (after === null ? [] : 'unknown');
}

/** The offset of the newest file; null where HubSpot keeps none. */
export async function newestJournalOffset(
  app: JournalApp,
  token: string,
  portalId: string,
): Promise<string | null> {
  const path = hubspotPaths(app.apiVersion).journalLatest();
  const files = await readFiles(app, token, { endpoint: 'journal.latest', path, portalId });
  return files?.at(-1)?.offset ?? null;
}

/** Null for a 404. */
async function readFiles(
  { exchange }: JournalApp,
  token: string,
  { portalId, ...call }: { endpoint: string; path: string; portalId: string },
): Promise<JournalFile[] | null> {
  const reply = await exchange({ method: 'GET', ...call, query: { installPortalId: portalId }, token });
  if (reply.status === 204) return [];
  if (reply.status === 404) return null;
  const { results } = readReply(reply, filesSchema);
  return results.map(({ currentOffset, url }) => ({ offset: currentOffset, url }));
}

/** What a file tells. @throws where its address is not one that HubSpot may give */
export async function readJournalFile({ options }: JournalApp, { url }: JournalFile): Promise<JournalEvents> {
  const address = URL.canParse(url) ? new URL(url) : null;
  const isOurs = address?.origin === new URL(options.baseUrl).origin;
  if (!address || !(isOurs || address.protocol === 'https:')) {
    throw defectFailure('journal.file', null, 'the address of a journal file is not an https address');
  }
  const reply = await createExchange({ ...options, baseUrl: address.origin })({
    method: 'GET',
    endpoint: 'journal.file',
    path: `${address.pathname}${address.search}`,
  });
  return readReply(reply, fileSchema);
}

export interface JournalEvents {
  events: JournalEvent[];
  /** Events in no form that we know. */
  unreadable: number;
  publishedAt: Date | null;
}

const fileSchema = z
  .looseObject({
    journalEvents: z.array(z.unknown()).max(1_000_000),
    publishedAt: z.coerce.date().nullish().catch(null),
  })
  .transform(({ journalEvents, publishedAt }): JournalEvents => ({
    ...readJournalEvents(journalEvents),
    publishedAt: publishedAt ?? null,
  }));
