import { startClubRiver, type ClubRiver } from './clubRiver';
import { settled } from './settled';

let river: ClubRiver;

/** As `receive.test.ts`, but that the source says which team is the primary one. */
beforeAll(async () => {
  river = await startClubRiver((text) => text.replace('from: team }', 'from: team, labels: [primary] }'));
  for (const team of ['a', 'b']) await river.putTeam(team, `Team ${team}`, `${team}.example`);
  await river.put(member('ann', 'ann', 'a'), member('two', 'two', 'a'), member('two more', 'two', 'b'));
  await river.worker();
  await river.open();
  expect((await river.sync()).state).toBe('succeeded');
}, 120_000);

afterAll(async () => {
  await river.stop();
}, 60_000);

const member = (id: string, name: string, team?: string) => ({
  ...{ id, email: `${name}@people.example`, first: name, last: 'Archer', city: 'York' },
  ...(team === undefined ? {} : { team }),
});

async function idsOf(objectType: string): Promise<Map<string, string>> {
  const { rows } = await river.pool.query<{ name: string; id: string }>(
    `select split_part(coalesce(kept ->> 'domain', kept ->> 'email'), case object_type when 'contacts' then '@' else '.' end, 1)
       as name, record_id as id from known_states where object_type = $1 and target = 'hubspot'`,
    [objectType],
  );
  return new Map(rows.map(({ name, id }) => [name, id]));
}

async function teamsOf(name: string): Promise<Record<string, (string | null)[]>> {
  const id = (await idsOf('contacts')).get(name)!;
  const teams = new Map([...(await idsOf('companies'))].map(([team, teamId]) => [teamId, team]));
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

const primary = ['Primary', null];

test('a member who changes teams leaves the first one altogether, and comes back', async () => {
  expect(await teamsOf('ann')).toEqual({ a: primary });
  for (const team of ['b', 'a']) {
    await river.put(member('ann', 'ann', team));
    expect((await river.sync()).state).toBe('succeeded');
    expect(await teamsOf('ann')).toEqual({ [team]: primary });
  }
  await river.put(member('ann', 'ann'));
  expect((await river.sync()).state).toBe('succeeded');
  expect(await teamsOf('ann')).toEqual({});
}, 60_000);

test('of two primary teams of one person one counts, and the echo of our own write changes nothing', async () => {
  expect(await teamsOf('two')).toEqual({ a: primary, b: [null] });
  await river.resetStats();
  const key = (await idsOf('contacts')).get('two')!;
  const teams = [...(await idsOf('companies')).values()];
  await river.tell(
    ...teams.map(
      (toKey) => ({ kind: 'associationChanged', key, also: { toStream: 'companies', toKey } }) as const,
    ),
  );
  await settled(river.pool);
  expect((await river.stats()).writeCalls).toBe(0);
  expect(await teamsOf('two')).toEqual({ a: primary, b: [null] });
}, 60_000);

test('a person who was in both teams by two rows keeps the one that is left as the primary one', async () => {
  await river.put(member('two', 'two'));
  expect((await river.sync()).state).toBe('succeeded');
  expect(await teamsOf('two')).toEqual({ b: primary });
}, 60_000);
