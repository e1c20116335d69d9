import { saveReferences } from '../../db/golden/goldenAssociations';
import { loadKnownStates } from '../../db/delivery/knownStates';
import { countSharers, dropKeys, loadMapped, removeMapped, saveMapped } from '../../db/golden/mappedRecords';
import { inTransaction, lockInTransaction, type Queryable } from '../../db/pool';
import { closeRecordProblems, openProblems } from '../../db/problems/problems';
import { replaceReviews } from '../../db/problems/reviews';
import { addCounts } from '../../db/runs/runCounts';
import { clearDue, isAnyDue, selectDue, stillDue, type DueRecord } from '../../db/staging/dueRecords';
import { dropTargetStates, lockTargetStates, saveTargetReads } from '../../db/delivery/targetStates';
import { storedKeysOf } from '../../domain/identity/expandComponent';
import { goldenIdOf } from '../../domain/identity/goldenId';
import { hubspotSource, laneNumbers, type RecordRef } from '../../domain/record';
import type { ConsolidateInput } from '../../workflows/contracts';
import type { ActivityContext } from '../context';
import { eraseRecords } from '../receive/erase';
import { isDataFault } from '../failures';
import { mapWithoutErased } from './dropErased';
import { identifySlice, tributaryIdsOf } from './identifySlice';
import { keyChanges } from './keyChanges';
import { mapSlice, refKey, type SliceContext } from './mapSlice';
import { mergeSlice, type Marked } from './mergeSlice';
import { createSliceSize, type SliceSize } from './sliceSize';
import { targetsOf } from '../writeBack/targetSettings';

/** Slices follow each other in one activity for so long: each activity is an action and costs two round trips. */
const slicesForMs = 2_000;

/** HubSpot's names of the only objects that can be the primary one of others (facts §5). */
const companyTypes = ['companies', '0-2'];

export interface ConsolidateResult {
  records: number;
  /** False when the object has no due records left. */
  more: boolean;
}

/**
 * Consolidates due records of an object type, slice by slice, each in a transaction of its own, for a few seconds; and
 * rings the lanes that have work then.
 */
export function createConsolidate(deps: ActivityContext) {
  const size = createSliceSize();
  return async function consolidateSlice(input: ConsolidateInput): Promise<ConsolidateResult> {
    const until = performance.now() + slicesForMs;
    let records = 0;
    for (;;) {
      const slice = await consolidateNext(deps, input, size);
      records += slice.records;
      if (!slice.more || performance.now() > until) return { records, more: slice.more };
    }
  };
}

async function consolidateNext(
  deps: ActivityContext,
  { portalId, objectType }: ConsolidateInput,
  size: SliceSize,
): Promise<ConsolidateResult> {
  const refreshed = deps.refreshStatistics();
  // People do not wait for it: plans are bad where tables grow from nothing.
  if (!size.isUrgent()) await refreshed;
  const context = await sliceContext(deps, portalId, objectType);
  const began = performance.now();
  const due = await selectDue(deps.pool, portalId, objectType, size.records(objectType));
  if (due.length === 0) return { records: 0, more: false };
  const { urgent, targets } = await consolidateBisecting(deps, context, due);
  const urgentAgoMs = due[0]!.lane === laneNumbers.realtime ? due[0]!.waitedMs : null;
  size.note(objectType, { records: due.length, ms: performance.now() - began, urgentAgoMs });
  await deps.failpoint('consolidate.committed');
  if (urgent) {
    // Claims wait for each other, and what a person changed in HubSpot is news for the others.
    await Promise.all(targets.map((target) => deps.doorbell.writeBack(portalId, target)));
    await deps.doorbell.deliver(portalId, 'realtime');
  }
  const more = await isAnyDue(deps.pool, portalId, objectType);
  // Bulk waits until the object is consolidated, for full batches: ringing it earlier would cost and bring nothing.
  if (!more) {
    await deps.doorbell.deliver(portalId, 'bulk');
    for (const { target } of context.targets) await deps.doorbell.writeBack(portalId, target);
  }
  return { records: due.length, more };
}

async function sliceContext(
  deps: ActivityContext,
  portalId: string,
  objectType: string,
): Promise<SliceContext> {
  const object = await deps.objectContext(portalId, objectType);
  const maps = new Map(
    deps.settings.sources.flatMap((source) =>
      source.streams.map((stream) => [`${source.name}.${stream.name}`, stream.map] as const),
    ),
  );
  return {
    portalId,
    rules: object.rules,
    reference: object.reference,
    targets: (await targetsOf(deps, portalId)).filter((stream) => stream.objectType === objectType),
    company: companyOf(deps),
    streamMap: (source, stream) => maps.get(`${source}.${stream}`),
  };
}

function companyOf({ settings }: ActivityContext): string | null {
  return settings.objects.find(({ hubspotType }) => companyTypes.includes(hubspotType))?.objectType ?? null;
}

/** A slice that the database refuses is halved down to the record, which becomes a problem `defect`. */
async function consolidateBisecting(
  deps: ActivityContext,
  context: SliceContext,
  due: DueRecord[],
): Promise<Marked> {
  try {
    return await inTransaction(deps.pool, (tx) => consolidateRecords(tx, deps, context, due));
  } catch (error) {
    if (!isDataFault(error)) throw error;
    if (due.length === 1) {
      await inTransaction(deps.pool, (tx) => setAside(tx, context, due[0]!));
      return { urgent: false, targets: [] };
    }
    const middle = due.length >> 1;
    const first = await consolidateBisecting(deps, context, due.slice(0, middle));
    const second = await consolidateBisecting(deps, context, due.slice(middle));
    return {
      urgent: first.urgent || second.urgent,
      targets: [...new Set([...first.targets, ...second.targets])],
    };
  }
}

async function setAside(tx: Queryable, { portalId, rules }: SliceContext, row: DueRecord): Promise<void> {
  await openProblems(tx, portalId, row.runId, [
    {
      stage: 'consolidate',
      kind: 'defect',
      objectType: rules.objectType,
      source: row.source,
      stream: row.stream,
      key: row.key,
      reason: 'Tributary itself failed on this record; the record is kept, please report it',
    },
  ]);
  await clearDue(tx, portalId, [row]);
}

async function consolidateRecords(
  tx: Queryable,
  deps: ActivityContext,
  context: SliceContext,
  chosen: DueRecord[],
): Promise<Marked> {
  const { portalId, rules } = context;
  const { objectType } = rules;
  await lockInTransaction(tx, `consolidate:${portalId}:${objectType}`);
  const selected = await stillDue(tx, portalId, chosen);
  if (selected.length === 0) return { urgent: false, targets: [] };
  const previousRows = await loadMapped(tx, portalId, selected);
  const previous = new Map(previousRows.map((row) => [refKey(row), row]));
  const anchorIds = selected.filter(({ source }) => source === hubspotSource).map(({ key }) => key);
  const known = await loadKnownStates(tx, portalId, objectType, { recordIds: anchorIds });
  const anchorStates = new Map(known.map((state) => [state.recordId, state]));

  const targetReads = selected
    .filter(({ source, stream }) => context.streamMap(source, stream)?.writeBack)
    .map(({ source, stream, key, readAt }) => ({ target: source, stream, recordId: key, readAt }));
  const targetStates = await lockTargetStates(tx, portalId, objectType, targetReads);

  const { slice, erased } = await mapWithoutErased(tx, deps, context, selected, (rows) =>
    mapSlice(rows, previous, anchorStates, targetStates, context),
  );
  await deps.failpoint('consolidate.decided');
  const anchors = slice.mapped.filter(({ source }) => source === hubspotSource);
  const ownIds = await tributaryIdsOf(tx, portalId, objectType, anchors);
  const newGoldenId = (ref: RecordRef, attempt: number) => goldenIdOf(portalId, objectType, ref, attempt);
  const mapped = slice.mapped.map((record) => ({
    source: record.source,
    stream: record.stream,
    key: record.key,
    fields: record.fields,
    keys: storedKeysOf(
      {
        ...record,
        anchor: record.source === hubspotSource,
        tributaryId: ownIds.get(record.key) ?? null,
        keys: record.identityKeys,
      },
      newGoldenId,
    ).map(({ key }) => key),
  }));
  const newKeys = new Map(mapped.map((record) => [refKey(record), new Set(record.keys)]));
  const dropped = previousRows.flatMap((row) =>
    row.keys
      .filter((key) => !newKeys.get(refKey(row))?.has(key))
      .map((identityKey) => ({ source: row.source, stream: row.stream, key: row.key, identityKey })),
  );
  // A record that could not be mapped this time keeps its former mapping, and so its keys.
  const unmapped = new Set(selected.map(refKey).filter((key) => !newKeys.has(key)));
  for (const row of slice.removed) unmapped.delete(refKey(row));
  const keysBefore = [...previousRows, ...mapped].flatMap(({ keys }) => keys);
  const sharersBefore = await countSharers(tx, portalId, objectType, [...new Set(keysBefore)]);
  await saveMapped(tx, portalId, objectType, rules.configNumber, mapped);
  const outdated = dropped.filter((row) => !unmapped.has(refKey(row)));
  await dropKeys(tx, portalId, objectType, outdated);
  await removeMapped(tx, portalId, slice.removed);
  await saveTargetReads(tx, portalId, objectType, slice.targetStates);
  await dropTargetStates(
    tx,
    portalId,
    objectType,
    // HubSpot's known states stay, archived: without them its record would be created anew.
    slice.removed
      .filter(({ source }) => source !== hubspotSource)
      .map(({ source, key }) => ({ target: source, recordId: key })),
  );
  const runId = selected.find((row) => row.runId)?.runId ?? null;
  await saveReferences(tx, portalId, objectType, runId, slice.mapped);

  const removedRows = slice.removed.flatMap((row) => {
    const stored = previous.get(refKey(row));
    return stored ? [{ ...stored, gone: row.gone ?? ('withdraw' as const) }] : [];
  });
  const component = await identifySlice(tx, portalId, rules, {
    refs: slice.mapped,
    removed: slice.removed,
    changes: keyChanges(previousRows, mapped),
    goldenIds: previousRows.flatMap(({ goldenId }) => goldenId ?? []),
    sharersBefore,
  });
  const removedGolden = removedRows.flatMap(({ goldenId, gone }) =>
    goldenId ? [[goldenId, gone] as const] : [],
  );
  includeEmptied(component, removedGolden);
  const result = await mergeSlice(tx, {
    portalId,
    rules,
    targets: context.targets,
    company: context.company,
    component,
    touched: new Set([...slice.mapped, ...slice.removed].map(refKey)),
    gone: new Map(removedGolden),
    removed: slice.removed,
    runId,
    lane: Math.min(...selected.map(({ lane }) => lane)),
    now: deps.now().toISOString(),
  });

  const around = [...component.records.values(), ...slice.removed];
  const reviews = [...component.answer.reviews, ...result.reviews];
  await replaceReviews(tx, portalId, objectType, runId, around, reviews);
  await closeRecordProblems(tx, portalId, 'consolidate', selected, slice.problems);
  await openProblems(tx, portalId, runId, slice.problems);
  await addCounts(
    tx,
    portalId,
    runId,
    slice.problems.map(({ source }) => ({ source: source!, objectType, status: 'problems', count: 1 })),
  );
  await clearDue(tx, portalId, selected);
  await eraseRecords(deps, tx, portalId, objectType, erased);
  await deps.failpoint('consolidate.merged');
  return result;
}

/** A golden record whose last record is gone meets no other record: identity never hears of it. */
function includeEmptied(
  component: { answer: { clusters: { goldenId: string }[]; emptied: string[] } },
  removed: (readonly [string, 'withdraw' | 'archive'])[],
): void {
  const alive = new Set(component.answer.clusters.map(({ goldenId }) => goldenId));
  const emptied = new Set(component.answer.emptied);
  for (const [goldenId] of removed) if (!alive.has(goldenId)) emptied.add(goldenId);
  component.answer.emptied = [...emptied];
}
