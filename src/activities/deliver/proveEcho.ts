import type { TakenBatch } from '../../db/delivery/batches';
import { tributaryIdProperty } from '../../domain/record';
import type { BatchReading, RecordOutcome } from '../../hubspot/batchReply';
import type { HubSpotClient } from '../../hubspot/client';
import { readBatch } from '../../hubspot/readBatch';
import type { HubSpotRecord } from '../../hubspot/schemas';

/**
 * Reads back what a reply leaves open, because only what HubSpot says itself is proof (DESIGN §5.4): values that it
 * confirms without showing them (it may keep others), and new records that it does not name. Those are found by our own
 * unique property; they exist only through this very body. One more call for each, none where the reply says all.
 * @throws HubSpotFailure
 */
export async function proveEcho(
  client: HubSpotClient,
  objectType: string,
  batch: TakenBatch,
  reading: BatchReading,
): Promise<BatchReading> {
  const outcomes = new Map(reading.outcomes);
  await proveUnnamed(client, objectType, batch, outcomes);
  await proveUnshown(client, objectType, batch, outcomes);
  return { ...reading, outcomes };
}

type Outcomes = Map<string, RecordOutcome>;

async function proveUnnamed(
  client: HubSpotClient,
  objectType: string,
  { operation, intents }: TakenBatch,
  outcomes: Outcomes,
): Promise<void> {
  if (operation !== 'create') return;
  const unnamed = intents.filter(({ goldenId }) => {
    const outcome = outcomes.get(goldenId);
    return outcome?.kind === 'unproved' && outcome.why !== 'transient';
  });
  if (unnamed.length === 0) return;
  const ids = unnamed.map(({ goldenId }) => goldenId);
  const properties = [
    tributaryIdProperty,
    ...new Set(unnamed.flatMap((intent) => Object.keys(intent.properties))),
  ];
  const request = { objectType, ids, idProperty: tributaryIdProperty, properties };
  const { records } = await readBatch(client, request);
  const wanted = new Set(ids);
  for (const record of records) {
    const goldenId = record.properties[tributaryIdProperty];
    if (goldenId && wanted.has(goldenId)) outcomes.set(goldenId, asWritten(record, properties));
  }
}

async function proveUnshown(
  client: HubSpotClient,
  objectType: string,
  { intents }: TakenBatch,
  outcomes: Outcomes,
): Promise<void> {
  const silent = new Map<string, string>();
  const asked = new Set<string>();
  for (const { goldenId, properties } of intents) {
    const outcome = outcomes.get(goldenId);
    if (outcome?.kind !== 'written') continue;
    const missing = Object.keys(properties).filter(
      (name) => properties[name] !== '' && outcome.properties[name] === undefined,
    );
    if (missing.length === 0) continue;
    silent.set(outcome.id, goldenId);
    for (const name of missing) asked.add(name);
  }
  if (silent.size === 0) return;
  const properties = [...asked];
  const { records } = await readBatch(client, { objectType, ids: [...silent.keys()], properties });
  const held = new Map(records.map((record) => [record.id, record]));
  for (const [id, goldenId] of silent) {
    const record = held.get(id);
    const written = outcomes.get(goldenId) as RecordOutcome & { kind: 'written' };
    const shown = record && {
      ...written,
      properties: { ...asWritten(record, properties).properties, ...written.properties },
    };
    outcomes.set(goldenId, shown ?? { kind: 'unproved', why: 'missing', category: null });
  }
}

/** What was asked for and is not in the answer is empty. */
function asWritten(record: HubSpotRecord, asked: readonly string[]): RecordOutcome & { kind: 'written' } {
  const properties = Object.fromEntries(asked.map((name) => [name, record.properties[name] ?? null]));
  return { kind: 'written', id: record.id, properties, updatedAt: record.updatedAt ?? null };
}
