import type { FieldOrigin, JsonObject, RecordRef } from '../../domain/record';
import type { Queryable } from '../pool';
import { problemColumns, type ProblemRow } from './problemQueries';

/** A problem with all that is known about its record. Holds personal data: for the person who asks, never for logs. */
export interface ProblemDetail extends ProblemRow {
  closedAt: Date | null;
  closedBy: string | null;
  closedWho: string | null;
  note: string | null;
  /** What the source gave. */
  staged: { payload: JsonObject; changedAt: string | null; stagedAt: string; goneAt: string | null } | null;
  golden: {
    goldenId: string;
    state: string;
    version: number;
    values: Record<string, string>;
    origins: Record<string, FieldOrigin>;
    /** Its records, with what their sources gave. */
    members: (RecordRef & { payload: JsonObject | null })[];
  } | null;
  /** What HubSpot is known to hold. */
  known: {
    recordId: string;
    kept: Record<string, string | null>;
    sent: Record<string, string>;
    archived: boolean;
    updatedAt: string | null;
  } | null;
  /** What is on its way to HubSpot now, else what HubSpot refused. */
  lastIntent: { properties: Record<string, string>; inFlight: boolean } | null;
}

/** Members of a golden record that are shown. */
const membersMax = 20;

/** One problem, open or closed; null when there is none of this id. */
export async function showProblem(
  db: Queryable,
  portalId: string,
  problemId: string,
): Promise<ProblemDetail | null> {
  const { rows } = await db.query<ProblemDetail>(
    `select ${problemColumns}, problems.closed_at as "closedAt", problems.closed_by as "closedBy",
       problems.closed_who as "closedWho", problems.note,
       case when s.record_key is not null then json_build_object('payload', s.payload, 'changedAt', s.changed_at,
         'stagedAt', s.staged_at, 'goneAt', s.gone_at) end as staged,
       case when g.golden_id is not null then json_build_object('goldenId', g.golden_id, 'state', g.state,
         'version', g.version, 'values', g.values, 'origins', g.origins, 'members', member.list) end as golden,
       case when k.record_id is not null then json_build_object('recordId', k.record_id, 'kept', k.kept,
         'sent', k.sent, 'archived', k.archived, 'updatedAt', k.record_updated_at) end as known,
       case when i.properties is not null then json_build_object('properties', i.properties, 'inFlight', true)
         when problems.sent is not null then json_build_object('properties', problems.sent, 'inFlight', false)
         end as "lastIntent"
     from problems
     left join staged_records s on s.portal_id = problems.portal_id and s.source = problems.source
       and s.stream = problems.stream and s.record_key = problems.record_key
     left join mapped_records m on m.portal_id = problems.portal_id and m.source = problems.source
       and m.stream = problems.stream and m.record_key = problems.record_key
     left join golden_records g on g.portal_id = problems.portal_id and g.object_type = problems.object_type
       and g.golden_id = coalesce(problems.golden_id, m.golden_id)
     left join known_states k on k.portal_id = g.portal_id and k.target = 'hubspot'
       and k.object_type = g.object_type and k.golden_id = g.golden_id
     left join outbox o on o.portal_id = g.portal_id and o.target = 'hubspot' and o.object_type = g.object_type
       and o.golden_id = g.golden_id
     left join intents i on i.batch_id = o.batch_id and i.golden_id = g.golden_id
     left join lateral (
       select coalesce(json_agg(ref), '[]') as list from (
         select mr.source, mr.stream, mr.record_key as key, sr.payload from mapped_records mr
         left join staged_records sr on sr.portal_id = mr.portal_id and sr.source = mr.source
           and sr.stream = mr.stream and sr.record_key = mr.record_key
         where mr.portal_id = g.portal_id and mr.golden_id = g.golden_id
         order by 1, 2, 3 limit ${membersMax}) as ref) as member on true
     where problems.portal_id = $1 and problems.problem_id = $2`,
    [portalId, problemId],
  );
  return rows[0] ?? null;
}
