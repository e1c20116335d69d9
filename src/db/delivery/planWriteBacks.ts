import { decideWriteBack, writeBackRules } from '../../domain/delivery/decideWriteBack';
import type { ObjectRules, WriteBackField } from '../../domain/rules';
import { firstGolden } from './plan';
import type { Queryable } from '../pool';
import type { WriteBackCandidate } from './writeBackClaims';

/** A stream whose records take write-backs. */
export interface PlanTarget {
  /** The source's name. */
  target: string;
  stream: string;
  rules: ObjectRules;
  fields: WriteBackField[];
}

export interface TargetPlan {
  target: string;
  objectType: string;
  /** Records that would be written, each by itself. */
  records: number;
  /** The first of them, at most as many as asked for. `before` null: it holds nothing, or nobody knows what. */
  changes: {
    recordId: string;
    goldenId: string;
    fields: { property: string; before: string | null; after: string }[];
  }[];
}

type PageRow = Pick<
  WriteBackCandidate,
  'goldenId' | 'state' | 'values' | 'origins' | 'recordId' | 'kept' | 'sent'
>;

const pageSize = 1_000;
/** Pages looked through per target: ten million golden records. */
const pagesMax = 10_000;

/** What would be written back now: the same decision as the claim's, read only. */
export async function planWriteBacks(
  db: Queryable,
  portalId: string,
  targets: PlanTarget[],
  limit: number,
): Promise<TargetPlan[]> {
  const plans: TargetPlan[] = [];
  for (const { target, stream, rules, fields } of targets) {
    const plan: TargetPlan = { target, objectType: rules.objectType, records: 0, changes: [] };
    const properties = writeBackRules(rules, fields);
    let after = firstGolden;
    for (let page = 0; page < pagesMax; page += 1) {
      const found = await readPage(db, portalId, { target, stream, objectType: rules.objectType }, after);
      for (const { recordId, goldenId, kept, sent, ...golden } of found.rows) {
        if (recordId === null) continue;
        const ref = { source: target, stream, key: recordId };
        const wanted = decideWriteBack(golden, ref, { kept: kept ?? {}, sent: sent ?? {} }, properties);
        const changed = Object.entries(wanted);
        if (changed.length === 0) continue;
        plan.records += 1;
        if (plan.changes.length >= limit) continue;
        plan.changes.push({
          ...{ recordId, goldenId },
          fields: changed.map(([property, value]) => ({
            ...{ property, before: kept?.[property] || null, after: value },
          })),
        });
      }
      if (found.last === null) break;
      after = found.last;
    }
    plans.push(plan);
  }
  return plans;
}

async function readPage(
  db: Queryable,
  portalId: string,
  { target, stream, objectType }: { target: string; stream: string; objectType: string },
  after: string,
): Promise<{ rows: PageRow[]; last: string | null }> {
  const { rows } = await db.query<PageRow & { marks: string }>(
    `with due as materialized (
       select golden_id from outbox
       where portal_id = $1 and target = $2 and object_type = $3 and golden_id > $5::uuid and batch_id is null
         and not parked
       order by golden_id limit $6)
     select due.golden_id as "goldenId", g.state, g.values, g.origins, k.record_id as "recordId", k.kept, k.sent,
       (select count(*) from due) as marks
     from due
     join golden_records g on g.portal_id = $1 and g.object_type = $3 and g.golden_id = due.golden_id
     left join mapped_records m on m.portal_id = $1 and m.golden_id = due.golden_id and m.source = $2
       and m.stream = $4
     left join known_states k on k.portal_id = $1 and k.target = $2 and k.object_type = $3
       and k.record_id = m.record_key
     order by due.golden_id, k.record_id`,
    [portalId, target, objectType, stream, after, pageSize],
  );
  const isFull = Number(rows[0]?.marks ?? 0) === pageSize;
  return { rows, last: isFull ? rows.at(-1)!.goldenId : null };
}
