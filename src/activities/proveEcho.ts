import type { TakenBatch } from '../db/settle';
import type { BatchReading, RecordOutcome } from '../hubspot/batchReply';
import type { HubSpotClient } from '../hubspot/client';
import { readBatch } from '../hubspot/readBatch';

/**
 * Reads back what a reply confirms without showing it: HubSpot may keep another value than the one sent, and only what
 * it says itself is proof (DESIGN §5.4). One more call, for replies that lack written properties; else none.
 * @throws HubSpotFailure
 */
export async function proveEcho(
  client: HubSpotClient,
  objectType: string,
  batch: TakenBatch,
  reading: BatchReading,
): Promise<BatchReading> {
  const silent = new Map<string, string>();
  const asked = new Set<string>();
  for (const { goldenId, properties } of batch.intents) {
    const outcome = reading.outcomes.get(goldenId);
    if (outcome?.kind !== 'written') continue;
    const missing = Object.keys(properties).filter(
      (name) => properties[name] !== '' && outcome.properties[name] === undefined,
    );
    if (missing.length === 0) continue;
    silent.set(goldenId, outcome.id);
    for (const name of missing) asked.add(name);
  }
  if (silent.size === 0) return reading;
  const ids = [...silent.values()];
  const read = await readBatch(client, { objectType, ids, properties: [...asked] });
  const held = new Map(read.records.map((record) => [record.id, record]));
  const outcomes = new Map(reading.outcomes);
  for (const [goldenId, id] of silent) {
    const record = held.get(id);
    const written = outcomes.get(goldenId) as RecordOutcome & { kind: 'written' };
    if (!record) outcomes.set(goldenId, { kind: 'unproved', why: 'missing', category: null });
    else {
      // What was asked for and is not in the answer is empty.
      const now = Object.fromEntries([...asked].map((name) => [name, record.properties[name] ?? null]));
      outcomes.set(goldenId, { ...written, properties: { ...now, ...written.properties } });
    }
  }
  return { ...reading, outcomes };
}
