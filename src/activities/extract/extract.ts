import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import { databaseTime } from '../../db/clock';
import { claimRead, moveCursor, type ReadState, type StreamRef } from '../../db/staging/cursors';
import { extendGathering } from '../../db/staging/gatherings';
import { inTransaction, type Queryable } from '../../db/pool';
import {
  closeFileFaults,
  closeUnseenFaults,
  metUnreadable,
  openProblems,
  type ProblemInput,
} from '../../db/problems/problems';
import { addCounts } from '../../db/runs/runCounts';
import { markGone, noteSeenKeys } from '../../db/staging/stagedRecords';
import { cleanText } from '../../domain/values/cleanText';
import { hubspotSource } from '../../domain/record';
import type { Page, SourceRecord } from '../../sources/contract';
import type { ActivityContext } from '../context';
import type { SourceSettings, StreamSettings } from '../deps';
import { extractHubSpotPage } from './extractHubSpot';
import type { ErasureSecret } from '../consolidate/screenErased';
import { supersededRead, type ExtractPageInput, type ExtractPageResult } from './pageRead';
import { stagePage } from './stagePage';

/** Reads one page at the stored cursor and commits records and cursor together. */
export function createExtract(context: ActivityContext) {
  return async function extractPage(input: ExtractPageInput): Promise<ExtractPageResult> {
    if (input.source === hubspotSource) return extractHubSpotPage(context, input);
    const { source, stream } = streamSettings(context, input);
    const ref: StreamRef = { portalId: input.portalId, source: source.name, stream: stream.name };
    const read = await claimRead(context.pool, ref, input.runId, input.full);
    if (read.done) return { records: 0, staged: 0, faults: 0, done: true };
    const readBegan = await databaseTime(context.pool);
    const page = await readPage(context, source, stream, read);
    await context.failpoint('extract.read');
    const staged = await inTransaction(context.pool, async (tx) => {
      const secret = context.erasureSecret;
      const request = { ref, source, stream, read, readBegan, page, runId: input.runId, secret };
      const due = await commitPage(tx, request);
      await context.failpoint('extract.staged');
      return due;
    });
    await context.failpoint('extract.committed');
    await context.afterCommit(source, stream, page.next ?? page.watermark);
    await context.failpoint('extract.confirmed');
    if (staged > 0) await context.doorbell.consolidate(input.portalId, stream.objectType);
    return { records: page.records.length, staged, faults: page.faults.length, done: page.next === null };
  };
}

async function readPage(
  context: ActivityContext,
  source: SourceSettings,
  stream: StreamSettings,
  read: ReadState,
): Promise<Page> {
  const opened = await context.openSource(source);
  const page = await opened.readPage({
    stream: stream.name,
    options: stream.options,
    recordKey: stream.recordKey,
    ...(stream.cursorField === undefined ? {} : { cursorField: stream.cursorField }),
    ...(stream.map.timeZone === undefined ? {} : { timeZone: stream.map.timeZone }),
    lookbackMs: stream.lookbackMs,
    pageSize: stream.pageSize,
    position: read.position,
    since: read.since,
  });
  if (page.next !== null && JSON.stringify(page.next) === JSON.stringify(read.position)) {
    throw ApplicationFailure.nonRetryable(
      `stream ${stream.name} of ${source.name} returned the same page position twice`,
      'source.configuration',
    );
  }
  return withoutLongKeys(page);
}

/** Postgres refuses index rows above 2,704 bytes; source and stream stand beside the key. */
const keyBytesMax = 1_500;

/** A record whose key no index can hold is told as unreadable: it must not stop the page. */
function withoutLongKeys(page: Page): Page {
  const isTooLong = ({ key }: SourceRecord) =>
    key.length * 3 > keyBytesMax && Buffer.byteLength(key) > keyBytesMax;
  const tooLong = page.records.filter(isTooLong);
  if (tooLong.length === 0) return page;
  const faults = tooLong.map(({ key }) => ({
    where: `key ${createHash('sha1').update(key).digest('hex').slice(0, 12)}`,
    key: `${key.slice(0, 100)}…`,
    reason: `the record's key is longer than ${keyBytesMax} bytes`,
  }));
  return {
    ...page,
    records: page.records.filter((record) => !isTooLong(record)),
    faults: [...page.faults, ...faults],
  };
}

interface CommitRequest {
  ref: StreamRef;
  source: SourceSettings;
  stream: StreamSettings;
  read: ReadState;
  readBegan: Date;
  page: Page;
  runId: string;
  secret: ErasureSecret;
}

async function commitPage(tx: Queryable, request: CommitRequest): Promise<number> {
  const { ref, source, stream, read, readBegan, page, runId, secret } = request;
  if (!(await moveCursor(tx, ref, read.fence, page.next, page.watermark))) throw supersededRead();
  const { staged, refused } = await stagePage(tx, ref, stream.objectType, page.records, {
    runId,
    lane: source.lane,
    readBegan,
    secret,
  });
  const unreadable = page.faults.map(({ where, content, key, reason }): ProblemInput => ({
    stage: 'extract',
    kind: 'unreadable',
    objectType: stream.objectType,
    source: source.name,
    stream: stream.name,
    key,
    reason,
    where,
    ...(content === undefined ? {} : { content }),
  }));
  if (page.beginsFile !== undefined)
    await closeFileFaults(tx, ref.portalId, source.name, stream.name, page.beginsFile, unreadable);
  await openProblems(tx, ref.portalId, runId, unreadable);
  const gone = await settleGone(tx, request);
  if (page.next === null && read.full)
    await closeUnseenFaults(tx, ref.portalId, source.name, stream.name, runId);
  if (page.next !== null) await extendGathering(tx, ref.portalId, [stream.objectType], runId);
  const problems = page.faults.length + refused;
  const count = (status: 'read' | 'staged' | 'unreadable' | 'problems' | 'gone', number: number) => ({
    source: source.name,
    objectType: stream.objectType,
    status,
    count: number,
  });
  await addCounts(tx, ref.portalId, runId, [
    count('read', page.records.length),
    count('staged', staged),
    count('unreadable', page.faults.length),
    count('problems', problems),
    count('gone', gone),
  ]);
  return staged + gone;
}

/** Only a complete full read can tell what is gone, and only for streams where that means something. */
async function settleGone(
  tx: Queryable,
  { ref, source, stream, read, page, runId }: CommitRequest,
): Promise<number> {
  if (stream.whenGone === 'keep' || !read.full) return 0;
  await noteSeenKeys(
    tx,
    ref,
    read.readNumber,
    [...page.records, ...page.faults].flatMap(({ key }) => (key === null ? [] : cleanText(key))),
  );
  if (page.next !== null) return 0;
  const isIncomplete = await metUnreadable(tx, ref.portalId, source.name, stream.name, runId);
  const { gone, refused } = await markGone(
    tx,
    ref,
    read.readNumber,
    stream.whenGone,
    isIncomplete ? 0 : source.maxGonePercent,
    runId,
  );
  if (refused) {
    await openProblems(tx, ref.portalId, runId, [
      {
        stage: 'extract',
        kind: 'goneLimit',
        objectType: stream.objectType,
        source: source.name,
        stream: stream.name,
        reason: isIncomplete
          ? 'records are missing at the source, but they may be among what could not be read; nothing was withdrawn. Correct or dismiss what is unreadable'
          : `more than ${source.maxGonePercent}% of the records are missing at the source; nothing was withdrawn. If that is right, raise maxGonePercent for one full run`,
      },
    ]);
  }
  return gone;
}

function streamSettings(context: ActivityContext, { source, stream }: ExtractPageInput) {
  const sourceSettings = context.settings.sources.find(({ name }) => name === source);
  const settings = sourceSettings?.streams.find(({ name }) => name === stream);
  if (!sourceSettings || !settings) {
    throw ApplicationFailure.nonRetryable(`source ${source} has no stream ${stream}`, 'configuration');
  }
  return { source: sourceSettings, stream: settings };
}
