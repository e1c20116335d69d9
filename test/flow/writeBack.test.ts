import { startDeskRiver, type DeskRiver } from './deskRiver';

let river: DeskRiver;

beforeAll(async () => {
  river = await startDeskRiver();
}, 60_000);

afterAll(async () => {
  await river?.stop();
}, 60_000);

const succeeds = async (input: object = {}) =>
  expect(await river.sync(input)).toMatchObject({ state: 'succeeded' });

/** A run that reads everything again must find nothing to write, in either system or HubSpot. */
async function expectSilence(): Promise<void> {
  await river.writes();
  await river.resetStats();
  await succeeds();
  await succeeds({ full: true });
  expect({ ...(await river.writes()), hubspot: (await river.stats()).writeCalls }).toEqual({
    club: 0,
    desk: 0,
    hubspot: 0,
  });
}

test('two systems that disagree converge in one pass and are silent then', async () => {
  await river.addMembers(
    { id: 1, email: 'ann@inbox.example', name: 'Ann', city: 'Oslo', phone: '+4721000001' },
    { id: 2, email: 'bo@inbox.example', name: 'Bo', city: null, phone: '+4721000002' },
    { id: 3, email: 'cy@inbox.example', name: 'Cy', city: 'Rome', phone: '+4721000003', no_mail: true },
    { id: 4, email: 'di@inbox.example', name: 'Di', city: 'Bern' },
  );
  river.desk.put(
    // The desk's phone is newer, the club's city is stronger.
    { ref: 'a/1', mail: 'ANN@inbox.example', tel: '+47 2100 0009', address: { city: 'Bergen' } },
    // The same but for a spelling, and a city that the club lacks.
    { ref: 'b', mail: 'bo@inbox.example', tel: '+47 21 00 00 02', address: { city: 'Lund' } },
    { ref: 'c', mail: 'cy@inbox.example', quiet: 'N' },
  );
  await succeeds();
  expect(await river.member(1)).toMatchObject({ city: 'Oslo', phone: '+4721000009' });
  expect(await river.member(2)).toMatchObject({ city: 'Lund', phone: '+4721000002' });
  expect(await river.member(4)).toMatchObject({ city: 'Bern', phone: null });
  expect(river.desk.callers.get('a/1')).toMatchObject({ tel: '+47 2100 0009', address: { city: 'Oslo' } });
  expect(river.desk.callers.get('b')).toMatchObject({ tel: '+47 21 00 00 02', address: { city: 'Lund' } });
  expect(river.desk.callers.get('c')).toMatchObject({
    ...{ tel: '+4721000003', quiet: 'J' },
    address: { city: 'Rome' },
  });
  expect(await river.writes()).toEqual({ club: 2, desk: 2 });
  await expectSilence();
}, 60_000);
