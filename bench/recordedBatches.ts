import type { Stack } from './stack';

/** A call that the river made, as a path and a body. */
export interface RecordedBatch {
  path: string;
  body: unknown;
  inputs: number;
}

export interface Recorded {
  records: RecordedBatch[];
  associations: RecordedBatch[];
}

const version = '2026-09';

/**
 * The batches that a run sent, from the ledger: each was settled in a transaction of its own, whose time tells them
 * apart. The twin gives other ids to what is created there: `withRecordIds` and `withIdsOf` put them in.
 */
export async function recordedBatches({ pool, portalId }: Stack, runId: string): Promise<Recorded> {
  const { rows: batches } = await pool.query<{ object: string; operation: string; inputs: Input[] }>(
    `select object_type as object, operation,
       json_agg(json_build_object('goldenId', golden_id, 'recordId', record_id, 'properties', after)) as inputs
     from deliveries where portal_id = $1 and run_id = $2 group by object_type, operation, settled_at order by min(delivery_id)`,
    [portalId, runId],
  );
  const { rows: pairs } = await pool.query<Pair>(
    `select a.from_object as "fromObject", a.to_object as "toObject", a.from_id as "fromId", a.to_id as "toId", a.types,
       f.golden_id as "fromGolden", t.golden_id as "toGolden"
     from known_associations a
     join known_states f on f.portal_id = a.portal_id and f.object_type = a.from_object and f.record_id = a.from_id
     join known_states t on t.portal_id = a.portal_id and t.object_type = a.to_object and t.record_id = a.to_id
     where a.portal_id = $1 and a.ours <> '{}' order by 1, 2, 3, 4`,
    [portalId],
  );
  return {
    records: batches.map(({ object, operation, inputs }) => recordBatch(object, operation, inputs)),
    associations: pairBatches(pairs),
  };
}

interface Input {
  goldenId: string;
  recordId: string;
  properties: Record<string, string>;
}

function recordBatch(object: string, operation: string, inputs: Input[]): RecordedBatch {
  const verb = operation === 'create' ? 'upsert' : 'update';
  const wire = inputs.map(({ goldenId, recordId, properties }) =>
    verb === 'upsert'
      ? { id: goldenId, idProperty: 'tributary_id', properties, objectWriteTraceId: goldenId }
      : { id: recordId, properties, objectWriteTraceId: goldenId },
  );
  const path = `/crm/objects/${version}/${object}/batch/${verb}`;
  return { path, body: { inputs: wire }, inputs: wire.length };
}

interface Pair {
  fromObject: string;
  toObject: string;
  fromId: string;
  toId: string;
  fromGolden: string;
  toGolden: string;
  types: string[];
}

/** HubSpot's most per call. */
const pairsMax = 2_000;

function pairBatches(pairs: Pair[]): RecordedBatch[] {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const key = `${pair.fromObject}/${pair.toObject}`;
    const group = groups.get(key);
    if (group) group.push(pair);
    else groups.set(key, [pair]);
  }
  return [...groups].flatMap(([key, members]) => {
    const batches: RecordedBatch[] = [];
    for (let at = 0; at < members.length; at += pairsMax) {
      const inputs = members.slice(at, at + pairsMax).map((pair) => ({
        from: { id: pair.fromId, goldenId: pair.fromGolden },
        to: { id: pair.toId, goldenId: pair.toGolden },
        types: pair.types.map((type) => ({
          associationCategory: type.split(':')[0],
          associationTypeId: Number(type.split(':')[1]),
        })),
      }));
      const path = `/crm/associations/${version}/${key}/batch/create`;
      batches.push({ path, body: { inputs }, inputs: inputs.length });
    }
    return batches;
  });
}

/** The same batch with the ids that the twin gave to records created there. */
export function withIdsOf(batch: RecordedBatch, idOf: ReadonlyMap<string, string>): RecordedBatch {
  const { inputs } = batch.body as { inputs: { from: Ref; to: Ref; types: unknown }[] };
  const real = ({ id, goldenId }: Ref) => ({ id: idOf.get(goldenId) ?? id });
  return {
    ...batch,
    body: { inputs: inputs.map(({ from, to, types }) => ({ from: real(from), to: real(to), types })) },
  };
}

/** A batch of updates with the ids that the twin gave. */
export function withRecordIds(batch: RecordedBatch, idOf: ReadonlyMap<string, string>): RecordedBatch {
  if (!batch.path.endsWith('/update')) return batch;
  const { inputs } = batch.body as { inputs: { id: string; objectWriteTraceId: string }[] };
  const real = inputs.map((input) => ({ ...input, id: idOf.get(input.objectWriteTraceId) ?? input.id }));
  return { ...batch, body: { inputs: real } };
}

interface Ref {
  id: string;
  goldenId: string;
}
