import { startClubRiver, type ClubRiver } from './clubRiver';
import { idsOf, teamsOf } from './clubTeams';
import { settled } from './settled';

let river: ClubRiver;

/** Teams say themselves whose primary one they are: each row of a member is also one of a team. */
const teamsOfMembers = `      squads:
        object: companies
        table: members
        recordKey: id
        map:
          name: { from: team }
          domain: { expression: "record.team + '.example'" }
        references:
          - { to: club.members, from: id, labels: [primary] }
      members:
`;

beforeAll(async () => {
  river = await startClubRiver((text) => text.replace('      members:\n', teamsOfMembers));
  for (const team of ['a', 'b']) await river.putTeam(team, `Team ${team}`, `${team}.example`);
  await river.put(row('one', 'ann', 'a'), row('two', 'ann', 'b'), row('three', 'bob', 'a'));
  await river.worker();
  await river.open();
}, 120_000);

afterAll(() => river.stop(), 60_000);

const row = (id: string, name: string, team: string) => ({
  ...{ id, email: `${name}@people.example`, first: name, last: 'Archer', team },
});

/** The teams of a person in HubSpot that are the primary one, and the others. */
async function primaryOf(name: string): Promise<{ primary: string[]; others: string[] }> {
  const teams = Object.entries(await teamsOf(river, name));
  const named = (wanted: boolean) =>
    teams.filter(([, labels]) => labels.includes('Primary') === wanted).map(([team]) => team);
  return { primary: named(true), others: named(false) };
}

/** Tells, as HubSpot does after each write of a primary, that the associations of all teams changed. */
async function tellChanges(): Promise<void> {
  const people = [...(await idsOf(river, 'contacts')).values()];
  const events = [...(await idsOf(river, 'companies')).values()].flatMap((key) =>
    people.map((toKey) => {
      return {
        kind: 'associationChanged',
        stream: 'companies',
        key,
        also: { toStream: 'contacts', toKey },
      } as const;
    }),
  );
  await river.tell(...events);
  await settled(river.pool);
}

const problems = async () =>
  (
    await river.pool.query<{ object_type: string; kind: string }>(
      'select object_type, kind from problems where closed_at is null',
    )
  ).rows;

test('two teams that both wish to be the primary one of a person agree in one pass, and are silent then', async () => {
  expect((await river.sync()).state).toBe('succeeded');
  const teams = await primaryOf('ann');
  expect([...teams.primary, ...teams.others].sort()).toEqual(['a', 'b']);
  expect(teams.primary).toHaveLength(1);
  expect(await primaryOf('bob')).toEqual({ primary: ['a'], others: [] });
  expect(await problems()).toEqual([{ object_type: 'companies', kind: 'conflict' }]);
  await tellChanges();
  await river.resetStats();
  await tellChanges();
  expect((await river.sync({ full: true })).state).toBe('succeeded');
  expect((await river.stats()).writeCalls).toBe(0);
  expect(await primaryOf('ann')).toEqual(teams);
}, 60_000);
