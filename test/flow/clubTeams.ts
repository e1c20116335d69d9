import type { ClubRiver } from './clubRiver';

/** HubSpot's ids of the club's teams or members, by the beginning of their domain or e-mail. */
export async function idsOf(
  { pool }: Pick<ClubRiver, 'pool'>,
  objectType: string,
): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ name: string; id: string }>(
    `select split_part(coalesce(kept ->> 'domain', kept ->> 'email'), case object_type when 'contacts' then '@' else '.' end, 1)
       as name, record_id as id from known_states where object_type = $1 and target = 'hubspot'`,
    [objectType],
  );
  return new Map(rows.map(({ name, id }) => [name, id]));
}

/** The teams that a member has in HubSpot, each with the labels of the association, sorted. */
export async function teamsOf(river: ClubRiver, name: string): Promise<Record<string, (string | null)[]>> {
  const id = (await idsOf(river, 'contacts')).get(name)!;
  const teams = new Map([...(await idsOf(river, 'companies'))].map(([team, teamId]) => [teamId, team]));
  const { results } = (await river.call('GET', `/crm/v4/objects/contacts/${id}/associations/companies`)) as {
    results?: { toObjectId: number; associationTypes: { label: string | null }[] }[];
  };
  return Object.fromEntries(
    (results ?? []).map(({ toObjectId, associationTypes }) => [
      teams.get(String(toObjectId))!,
      associationTypes.map(({ label }) => label).sort(),
    ]),
  );
}
