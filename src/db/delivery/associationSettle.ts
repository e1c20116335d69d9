import type { AssociationIntent } from './associationClaims';
import { servedLabels } from '../golden/primaryAssociations';
import type { Queryable } from '../pool';
import { claimBatch } from './batches';

export interface TakenAssociations {
  batchId: string;
  fence: string;
  fromObject: string;
  toObject: string;
  operation: 'associate' | 'dissociate';
  unproved: number;
  hardFailures: number;
  maybeWritten: boolean;
  intents: AssociationIntent[];
}

/** As `takeBatch`, for a batch of associations. */
export async function takeAssociationBatch(
  db: Queryable,
  batchId: string,
  claimMs: number,
  deadlineMs: number,
): Promise<TakenAssociations | 'settled' | 'busy'> {
  const batch = await claimBatch<TakenAssociations['operation']>(db, batchId, claimMs, deadlineMs);
  if (typeof batch === 'string') return batch;
  const { rows: intents } = await db.query<AssociationIntent>(
    `select from_golden as "fromGolden", to_golden as "toGolden", from_id as "fromId", to_id as "toId", types, ours,
       run_id as "runId", lead_source as "leadSource"
     from association_intents where batch_id = $1 order by from_golden, to_golden`,
    [batchId],
  );
  const { objectType: fromObject, toObject, ...claim } = batch;
  return { ...claim, fromObject, toObject: toObject!, intents };
}

/** Known associations of the pairs that HubSpot acknowledged. */
export async function settleAssociations(
  db: Queryable,
  portalId: string,
  { fromObject, toObject, operation }: TakenAssociations,
  written: AssociationIntent[],
): Promise<void> {
  if (written.length === 0) return;
  const input = JSON.stringify(
    written.map(({ fromId, toId, types, ours }) => ({ fromId, toId, types, ours })),
  );
  const scope = [portalId, fromObject, toObject, input];
  if (operation === 'associate') {
    await db.query(
      `insert into known_associations (portal_id, from_object, from_id, to_object, to_id, types, ours, settled_at)
       select $1, $2, "fromId", $3, "toId",
         array(select json_array_elements_text(types) union select json_array_elements_text(ours)),
         array(select json_array_elements_text(ours)), clock_timestamp()
       from json_to_recordset($4) as input ("fromId" text, "toId" text, types json, ours json)
       on conflict (portal_id, from_object, from_id, to_object, to_id) do update set
         types = excluded.types, ours = excluded.ours, settled_at = excluded.settled_at`,
      scope,
    );
    return;
  }
  await db.query(
    `update known_associations known set settled_at = clock_timestamp(),
       types = array(select unnest(known.types) except select json_array_elements_text(input.types)),
       ours = array(select json_array_elements_text(input.ours))
     from json_to_recordset($4) as input ("fromId" text, "toId" text, types json, ours json)
     where known.portal_id = $1 and known.from_object = $2 and known.to_object = $3
       and known.from_id = input."fromId" and known.to_id = input."toId"`,
    scope,
  );
}

/** Ends pairs of a batch; a pair whose wish changed meanwhile is due again. A batch without pairs is gone. */
export async function endAssociations(
  db: Queryable,
  portalId: string,
  { batchId, fromObject, toObject, operation }: TakenAssociations,
  pairs: { fromGolden: string; toGolden: string }[],
  park: boolean,
): Promise<void> {
  if (pairs.length === 0) return;
  const input = JSON.stringify(pairs.map(({ fromGolden, toGolden }) => ({ fromGolden, toGolden })));
  const source = `json_to_recordset($5) as pair ("fromGolden" uuid, "toGolden" uuid)`;
  const mine = `held.portal_id = $1 and held.from_object = $2 and held.to_object = $3 and held.batch_id = $4
    and held.from_golden = pair."fromGolden" and held.to_golden = pair."toGolden"`;
  const scope = [portalId, fromObject, toObject, batchId, input];
  if (operation === 'dissociate' && !park) {
    await db.query(
      `delete from golden_associations held using ${source} where ${mine} and not held.wanted`,
      scope,
    );
  }
  // A wish that changed in flight is looked at once more, and so is what lost a label; if all is met, that clears the mark.
  const changed = `coalesce(held.wanted <> pair.wanted or ${servedLabels('held')} <> pair.labels,
    held.wanted <> ($7 = 'associate'))`;
  await db.query(
    `update golden_associations held set batch_id = null, parked = $6 and not ${changed},
       due = $6 or ${changed} or $7 = 'dissociate'
     from (select pair.*, wanted, labels from ${source} join association_intents i on i.batch_id = $4
       and i.from_golden = pair."fromGolden" and i.to_golden = pair."toGolden") as pair where ${mine}`,
    [...scope, park, operation],
  );
  await db.query(
    `delete from association_intents i using json_to_recordset($2) as pair ("fromGolden" uuid, "toGolden" uuid)
     where i.batch_id = $1 and i.from_golden = pair."fromGolden" and i.to_golden = pair."toGolden"`,
    [batchId, input],
  );
  await db.query(
    `delete from delivery_batches b where batch_id = $1
       and not exists (select from association_intents i where i.batch_id = b.batch_id)`,
    [batchId],
  );
}
