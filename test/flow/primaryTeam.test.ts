import { startClubRiver, type ClubRiver } from './clubRiver';
import { idsOf, teamsOf } from './clubTeams';
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

const primary = ['Primary', null];

test('a member who changes teams leaves the first one altogether, and comes back', async () => {
  expect(await teamsOf(river, 'ann')).toEqual({ a: primary });
  for (const team of ['b', 'a']) {
    await river.put(member('ann', 'ann', team));
    expect((await river.sync()).state).toBe('succeeded');
    expect(await teamsOf(river, 'ann')).toEqual({ [team]: primary });
  }
  await river.put(member('ann', 'ann'));
  expect((await river.sync()).state).toBe('succeeded');
  expect(await teamsOf(river, 'ann')).toEqual({});
}, 60_000);

test('of two primary teams of one person one counts, and the echo of our own write changes nothing', async () => {
  expect(await teamsOf(river, 'two')).toEqual({ a: primary, b: [null] });
  await river.resetStats();
  const key = (await idsOf(river, 'contacts')).get('two')!;
  const teams = [...(await idsOf(river, 'companies')).values()];
  await river.tell(
    ...teams.map(
      (toKey) => ({ kind: 'associationChanged', key, also: { toStream: 'companies', toKey } }) as const,
    ),
  );
  await settled(river.pool);
  expect((await river.stats()).writeCalls).toBe(0);
  expect(await teamsOf(river, 'two')).toEqual({ a: primary, b: [null] });
}, 60_000);

test('a person who was in both teams by two rows keeps the one that is left as the primary one', async () => {
  await river.put(member('two', 'two'));
  expect((await river.sync()).state).toBe('succeeded');
  expect(await teamsOf(river, 'two')).toEqual({ b: primary });
}, 60_000);
