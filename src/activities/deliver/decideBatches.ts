import type { Candidate, NewBatch } from '../../db/delivery/claims';
import type { ProblemInput } from '../../db/problems/problems';
import { decideDelivery } from '../../domain/delivery/decideDelivery';
import { batchSizeMax, shapeBatches } from '../../domain/delivery/shapeBatch';
import { chunks } from '../../domain/receive/receiveParts';
import type { ObjectRules } from '../../domain/rules';

/** Batches per wave: one activity's work, seconds long (DESIGN §2). */
export const waveBatchesMax = 10;
const nothing = { kind: 'unchanged' as const };

/** What a claim does with the records that it looked at. */
export interface Decided {
  changes: (Candidate & { properties: Record<string, string> })[];
  archives: Candidate[];
  unchanged: Candidate[];
  parked: { candidate: Candidate; problem: Omit<ProblemInput, 'stage' | 'objectType'> }[];
}

/** What is to be done about each of these due records. */
export function decideCandidates(candidates: Candidate[], rules: ObjectRules): Decided {
  const decided: Decided = { changes: [], archives: [], unchanged: [], parked: [] };
  for (const candidate of candidates) {
    const { state } = candidate;
    const decision = state === 'gone' ? nothing : decideDelivery({ ...candidate, state }, rules);
    if (decision.kind === 'unchanged') decided.unchanged.push(candidate);
    else if (decision.kind === 'archive') decided.archives.push(candidate);
    else if (decision.kind === 'leftArchived')
      decided.parked.push(parked(candidate, 'archived', leftArchivedText));
    else if (decision.kind === 'mergedAway')
      decided.parked.push(parked(candidate, 'conflict', mergedText(decision.into)));
    else if (decision.kind === 'bare') {
      decided.parked.push(parked(candidate, 'missingRequired', missingText(rules)));
    } else decided.changes.push({ ...candidate, properties: decision.properties });
  }
  return decided;
}

export const leftArchivedText = 'the record was archived in HubSpot and is left as it is';

/** Two golden records of one HubSpot record; a review asks about them. */
export function mergedText(recordId: string): string {
  return `in HubSpot it is part of record ${recordId}, which belongs to another golden record; a review asks whether they are one`;
}

function missingText({ requiredAny }: ObjectRules): string {
  return `no source gives any of ${requiredAny.join(', ')}; HubSpot takes no record without one of them`;
}

function parked(candidate: Candidate, kind: ProblemInput['kind'], reason: string): Decided['parked'][number] {
  return { candidate, problem: { kind, goldenId: candidate.goldenId, source: candidate.leadSource, reason } };
}

/** Batches of one operation, full ones first; a part of a batch only when nothing more could fill it. */
export function fullBatches(
  { changes, archives }: Decided,
  objectType: string,
  batchSize: number,
  takePartial: boolean,
): NewBatch[] {
  const shaped = [
    ...shapeBatches(changes, batchSize),
    ...chunks(
      archives.map((record) => ({ ...record, properties: {} })),
      batchSizeMax,
    ).map((inputs) => ({
      operation: 'archive' as const,
      inputs,
    })),
  ];
  return shaped
    .filter(
      ({ operation, inputs }) =>
        takePartial || inputs.length === (operation === 'archive' ? batchSizeMax : batchSize),
    )
    .slice(0, waveBatchesMax)
    .map(({ operation, inputs }) => ({
      objectType,
      operation,
      lane: Math.min(...inputs.map(({ lane }) => lane)),
      intents: inputs.map(({ goldenId, recordId, properties, kept, version, runId, leadSource }) => ({
        goldenId,
        recordId,
        properties,
        before: Object.fromEntries(Object.keys(properties).map((name) => [name, kept?.[name] ?? null])),
        version,
        runId,
        leadSource,
      })),
    }));
}
