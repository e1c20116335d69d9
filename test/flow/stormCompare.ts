import { exportedRecords } from '../support/simulatorControl';
import type { BareRiver } from './bareRiver';

const compared = ['email', 'firstname', 'city', 'jobtitle'];

export interface Received {
  events: number;
  windows: number;
  calls: number;
  callsMin: number;
}

/** What the workers say that they received. */
export function receivedIn(logs: string): Received {
  const sum: Received = { events: 0, windows: 0, calls: 0, callsMin: 0 };
  for (const line of logs.split('\n').filter((text) => text.includes('"event":"received"'))) {
    const counts = JSON.parse(line) as Received & { calls: number };
    for (const name of Object.keys(sum) as (keyof Received)[]) sum[name] += counts[name];
  }
  return sum;
}

/** HubSpot's last truth against what is known of it. */
export async function compareStates(river: BareRiver): Promise<string[]> {
  const records = await exportedRecords(river.simulatorUrl, 'contacts');
  const held = new Map(records.map((record) => [record.id, record]));
  const { rows } = await river.pool.query<{
    record_id: string;
    kept: Record<string, string | null>;
    archived: boolean;
  }>(`select record_id, kept, archived from known_states where object_type = 'contacts'`);
  const known = new Map(rows.map((row) => [row.record_id, row]));
  const wrong: string[] = [];
  for (const { id, properties, archived } of held.values()) {
    const state = known.get(id);
    if (archived && state && !state.archived) wrong.push(`${id} is archived in HubSpot`);
    if (archived) continue;
    if (!state || state.archived) wrong.push(`${id} is live in HubSpot`);
    else
      for (const name of compared)
        if ((state.kept[name] ?? '') !== (properties[name] ?? '')) wrong.push(`${id} ${name}`);
  }
  for (const { record_id, archived } of rows)
    if (!archived && !held.has(record_id)) wrong.push(`${record_id} is not in HubSpot`);
  return wrong;
}

/** Golden records that say anything, by their members. */
export async function goldensOf(river: BareRiver): Promise<Map<string, string>> {
  const { rows } = await river.pool.query<{ members: string; values: string }>(
    `select string_agg(concat_ws('.', m.source, m.stream, m.record_key), ' '
         order by m.source, m.stream, m.record_key) as members, min(g.values::text) as values
     from golden_records g join mapped_records m using (portal_id, golden_id) group by g.golden_id`,
  );
  return new Map(rows.map((row) => [row.members, row.values]));
}

/** Golden records of one state that the other one has not, or otherwise. */
export function differences(one: Map<string, string>, other: Map<string, string>): string[] {
  const wrong = [...one].filter(([members, values]) => other.get(members) !== values);
  const missing = [...other.keys()].filter((members) => !one.has(members));
  return [...wrong.map(([members]) => members), ...missing.map((members) => `missing: ${members}`)];
}
