import type { Queryable } from '../pool';
import { runOf } from './runOf';

/** A wish for a primary company that is met no more, or again. */
export interface PrimaryTurn {
  fromObject: string;
  fromGolden: string;
  toObject: string;
  toGolden: string;
  leadSource: string;
  isElsewhere: boolean;
}

/** Whether a pair is wished with the label of the primary company. */
const isPrimary = `lower(a.labels::text)::text[] && '{primary}'`;

/** The labels that a pair is to have in HubSpot: those that sources wish, but for a primary that goes elsewhere. */
export const servedLabels = (pair: string) => `case when ${pair}.primary_elsewhere
  then array(select label from unnest(${pair}.labels) as label where lower(label) <> 'primary') else ${pair}.labels end`;

/**
 * Decides which company is the primary one of each record around the golden records in `affected_golden`, where companies
 * wish so themselves: of several wishes that of the record's strongest source counts, else the record's own, and of equal
 * ones always the same. HubSpot takes a primary from one company when another gets it: two that both were written as such
 * would take it from each other for ever. Pairs that turn are due.
 * @param company the object type of HubSpot's companies
 */
export async function decidePrimaries(
  db: Queryable,
  portalId: string,
  company: string,
  runId: string | null,
): Promise<PrimaryTurn[]> {
  const { rows } = await db.query<PrimaryTurn>(
    `with owners as materialized (
       select object_type as owner_object, golden_id as owner from affected_golden where object_type <> $2
       union
       select to_object, to_golden from affected_golden
       join golden_associations on portal_id = $1 and from_object = $2 and from_golden = golden_id
       where object_type = $2 and to_object <> $2),
     wishes as materialized (
       select owners.*, a.*, a.from_golden as company, a.wanted and ${isPrimary} as is_wish
       from owners join golden_associations a on a.portal_id = $1 and a.to_object = owner_object
         and a.to_golden = owner and a.from_object = $2
       union all
       select owners.*, a.*, a.to_golden, a.wanted and ${isPrimary}
       from owners join golden_associations a on a.portal_id = $1 and a.from_object = owner_object
         and a.from_golden = owner and a.to_object = $2),
     best as (
       select distinct on (owner_object, owner) owner_object, owner, company
       from wishes left join golden_records g on g.portal_id = $1 and g.object_type = owner_object
         and g.golden_id = owner
       where is_wish
       order by owner_object, owner, wishes.lead_source is distinct from g.lead_source, wishes.lead_source,
         from_object = $2, company),
     decided as (
       select from_object, from_golden, to_object, to_golden, is_wish and wishes.company <> best.company as is_elsewhere
       from wishes left join best using (owner_object, owner))
     update golden_associations held set primary_elsewhere = is_elsewhere, due = true, parked = false,
       run_id = ${runOf('held', '$3')}
     from decided d
     where held.portal_id = $1 and held.from_object = d.from_object and held.from_golden = d.from_golden
       and held.to_object = d.to_object and held.to_golden = d.to_golden and held.primary_elsewhere <> is_elsewhere
     returning held.from_object as "fromObject", held.from_golden as "fromGolden", held.to_object as "toObject",
       held.to_golden as "toGolden", held.lead_source as "leadSource", is_elsewhere as "isElsewhere"`,
    [portalId, company, runId],
  );
  return rows;
}
