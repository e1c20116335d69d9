import { createHash } from 'node:crypto';
import { cleanJson, cleanText } from '../../domain/values/cleanText';
import type { JsonObject } from '../../domain/record';
import { closeRecordProblems, openProblems, type ProblemInput } from '../../db/problems/problems';
import type { StreamRef } from '../../db/staging/cursors';
import type { Queryable } from '../../db/pool';
import { stageRecords, type StagedInput, type StagingOptions } from '../../db/staging/stagedRecords';
import type { SourceRecord } from '../../sources/contract';
import { isDataFault } from '../failures';
import { screenErased, type ErasureSecret } from '../consolidate/screenErased';

/** A record of a page, or one that its system told by itself. */
type ToldRecord = SourceRecord & Pick<StagedInput, 'toldAt'>;

/**
 * Stages a page's records inside the page's transaction; those of erased people are dropped. Keys that stand twice in a page: the last one counts.
 * Records that the database refuses are found by halving and become problems `defect`; the rest goes on.
 * @returns how many records became due, and how many were refused
 */
export async function stagePage(
  tx: Queryable,
  stream: StreamRef,
  objectType: string,
  records: ToldRecord[],
  { secret, ...options }: StagingOptions & { secret: ErasureSecret },
): Promise<{ staged: number; refused: number }> {
  const byKey = new Map(records.map(asStaged).map((record) => [record.key, record]));
  const refused: StagedInput[] = [];
  const screened = await withoutErased(tx, secret, stream, objectType, [...byKey.values()]);
  const staged = await stageBisecting(tx, screened, refused, (part) =>
    stageRecords(tx, stream, objectType, part, options),
  );
  const problems = refused.map((record): ProblemInput => ({
    stage: 'extract',
    kind: 'defect',
    objectType,
    source: stream.source,
    stream: stream.stream,
    key: record.key,
    reason: 'the database cannot hold this record; please report it',
  }));
  await openProblems(tx, stream.portalId, options.runId, problems);
  const staged_ = [...byKey.keys()].map((key) => ({ source: stream.source, stream: stream.stream, key }));
  if (records.length > 0) await closeRecordProblems(tx, stream.portalId, 'extract', staged_, problems);
  return { staged, refused: refused.length };
}

/** A payload without an address that it mentioned keeps its hash, so that an unchanged record is still no news. */
async function withoutErased(
  tx: Queryable,
  secret: ErasureSecret,
  { portalId, source, stream }: StreamRef,
  objectType: string,
  records: StagedInput[],
): Promise<StagedInput[]> {
  const seen = records.map(({ key, payload }) => ({
    ref: { source, stream, key },
    text: JSON.stringify(payload),
  }));
  const texts = await screenErased(tx, secret, portalId, objectType, seen);
  return records.flatMap((record, index) => {
    const text = texts[index]?.text;
    if (text === undefined) return [];
    return text === seen[index]!.text ? record : { ...record, payload: JSON.parse(text) as JsonObject };
  });
}

async function stageBisecting(
  tx: Queryable,
  records: StagedInput[],
  refused: StagedInput[],
  stage: (part: StagedInput[]) => Promise<number>,
): Promise<number> {
  if (records.length === 0) return 0;
  await tx.query('savepoint stage');
  try {
    const staged = await stage(records);
    await tx.query('release savepoint stage');
    return staged;
  } catch (error) {
    if (!isDataFault(error)) throw error;
    await tx.query('rollback to savepoint stage');
    if (records.length === 1) {
      refused.push(records[0]!);
      return 0;
    }
    const middle = records.length >> 1;
    const first = await stageBisecting(tx, records.slice(0, middle), refused, stage);
    return first + (await stageBisecting(tx, records.slice(middle), refused, stage));
  }
}

/** Cleans key and payload so that Postgres can hold them, and hashes the payload: an equal payload is no news. */
function asStaged({ key, payload, changedAt, toldAt }: ToldRecord): StagedInput {
  const cleaned = cleanJson(payload) as JsonObject;
  const payloadHash = createHash('sha1').update(JSON.stringify(cleaned)).digest('base64');
  return { key: cleanText(key), payload: cleaned, payloadHash, changedAt, toldAt };
}
