import { until } from '../support/until';
import { startOwnershipRiver, type OwnershipRiver } from './ownershipRiver';

let river: OwnershipRiver;

const people = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida', 'jon'];
const integration = { sourceType: 'INTEGRATION', sourceId: '4711' };
/** How the simulator names calls with our token. */
const ourselves = { sourceType: 'INTEGRATION', sourceId: '1' };
const workflow = { sourceType: 'AUTOMATION_PLATFORM', sourceId: 'enrollmentId:1' };

/** Records read by id: for their history, or because an event told of them. */
const historyReads = async () => (await river.stats()).byOperation['contacts batch/read']?.inputs ?? 0;
const reviews = async () => {
  const { rows } = await river.pool.query<{ review_id: string; field: string }>(
    `select review_id, substring(reason from '"(\\w+)"') as field from reviews where closed_at is null`,
  );
  return rows;
};

beforeAll(async () => {
  river = await startOwnershipRiver();
  await river.startPeopleWorker();
  await river.open();
  const first = {
    firstname: 'First',
    jobtitle: 'Teacher',
    city: 'York',
    phone: '+441',
    website: 'one.example',
  };
  await river.put(...people.map((id) => ({ id, ...first })));
  await river.sync();
  await river.settled();
});
afterAll(() => river?.stop());

test('what we wrote is nobody’s edit, and costs no read of history', async () => {
  await river.resetStats();
  await river.syncHubSpot();
  expect(await river.pins()).toEqual([]);
  expect(await historyReads()).toBe(0);
});

test('edits by people and other integrations: written back, accepted, or a question, as the field says', async () => {
  await river.edit('ann', { firstname: 'Edited', jobtitle: 'Head' });
  await river.edit('ben', { jobtitle: 'Coach' }, integration);
  await river.edit('cat', { jobtitle: 'Robot' }, workflow);
  await river.edit('dan', { jobtitle: 'Echo' }, ourselves);
  await river.edit('eve', { city: 'Bath', jobtitle: '' });
  await river.edit('fay', { city: 'Hove' });
  // Later than every source's value; gus is changed at the source after it, before anybody read the edit.
  await river.edit('gus', { phone: '+442' });
  await river.edit('hal', { phone: '+442' });
  await river.put({ id: 'gus', phone: '+443' });
  await river.edit('ida', { website: 'edited.example' });
  await river.edit('jon', { website: '', no_mail: 'true' });
  await river.resetStats();
  await river.syncHubSpot();
  const read = await historyReads();
  await river.sync();
  await river.settled();

  expect(await river.held('firstname')).toMatchObject({ ann: 'First' });
  expect(await river.held('jobtitle')).toMatchObject({
    ann: 'Head',
    ben: 'Coach',
    cat: 'Teacher',
    dan: 'Teacher',
    eve: '',
    fay: 'Teacher',
  });
  expect(await river.held('city')).toMatchObject({ ann: 'York', eve: 'Bath', fay: 'Hove' });
  expect(await river.held('phone')).toMatchObject({ ann: '+441', gus: '+443', hal: '+442' });
  expect(await river.held('website')).toMatchObject({ ida: 'edited.example', jon: 'one.example' });
  expect(await river.pins()).toEqual([
    'ann jobtitle Head pinned',
    'ben jobtitle Coach pinned',
    'eve city Bath review',
    'eve jobtitle  pinned',
    'fay city Hove review',
  ]);
  expect(await river.origin('ann', 'jobtitle')).toBe('hubspot/pinned');
  expect(await river.origin('eve', 'city')).toBe('hubspot/review');
  expect(await river.origin('hal', 'phone')).toBe('hubspot/adopted');
  expect(await river.origin('gus', 'phone')).toBe('club/precedence');
  expect((await reviews()).map(({ field }) => field)).toEqual(['city', 'city']);
  // The history of jobtitle, city and phone only, and of those who were edited only: ida and jon are not asked for.
  expect(read).toBe(8);
});

test('an opt-out that somebody sets in HubSpot is golden, and no source takes it back', async () => {
  expect(await river.origin('jon', 'no_mail')).toBe('hubspot/optOut');
  await river.put({ id: 'jon', no_mail: 'false', website: 'two.example' });
  await river.put({ id: 'ida', no_mail: 'true' });
  await river.sync();
  await river.settled();
  expect(await river.held('no_mail')).toMatchObject({ ida: 'true', jon: 'true' });
  // What we filled ourselves is not changed either.
  expect(await river.held('website')).toMatchObject({ jon: 'one.example', ida: 'edited.example' });
});

test('reading everything again changes nothing: no edit is both lost and kept', async () => {
  const before = await river.pins();
  await river.resetStats();
  await river.syncHubSpot();
  await river.sync({ full: true });
  await river.settled();
  expect(await river.pins()).toEqual(before);
  expect((await river.stats()).writeCalls).toBe(0);
  expect(await historyReads()).toBe(0);
});

test('an edit back to what was read last, of a value that we wrote since, is seen', async () => {
  await river.put({ id: 'gus', phone: '+445' });
  await river.sync();
  await river.settled();
  expect(await river.held('phone')).toMatchObject({ gus: '+445' });
  await river.edit('gus', { phone: '+443' });
  await river.syncHubSpot();
  await river.settled();
  expect(await river.held('phone')).toMatchObject({ gus: '+443' });
  expect(await river.origin('gus', 'phone')).toBe('hubspot/adopted');
});

test('a review is decided for HubSpot or for the source', async () => {
  for (const { review_id: id } of await reviews()) {
    const { records } = await river.tributary('reviews', 'show', id);
    const [{ key = '' } = {}] = records as { key?: string }[];
    const isEve = (await river.recordId('eve')) === key;
    await river.tributary('reviews', 'decide', id, isEve ? '--hubspot' : '--source');
  }
  await river.settled();
  expect(await river.held('city')).toMatchObject({ eve: 'Bath', fay: 'York' });
  expect(await river.pins()).toEqual(
    expect.arrayContaining(['eve city Bath pinned', 'fay city Hove ended decided']),
  );
  expect(await reviews()).toEqual([]);
});

test('a pin ends when the source changes, when a person lifts it and when its time is over; it never comes back', async () => {
  await river.put({ id: 'ann', jobtitle: 'Director' });
  const pins = (await river.tributary('pins'))['pins'] as { pinId: string; value: string; writer: string }[];
  expect(pins.find(({ value }) => value === 'Coach')).toMatchObject({ writer: 'INTEGRATION 4711' });
  await river.tributary(
    'pins',
    'lift',
    pins.find(({ value }) => value === 'Coach')!.pinId,
    '--note',
    'wrong',
  );
  await river.pool.query(`update pins set expires_at = now() - interval '1 s' where value = 'Bath'`);
  await river.tick();
  await river.sync();
  await river.settled();
  await river.syncHubSpot();
  await river.settled();
  expect(await river.held('jobtitle')).toMatchObject({ ann: 'Director', ben: 'Teacher', eve: '' });
  expect(await river.held('city')).toMatchObject({ eve: 'York' });
  expect(await river.pins()).toEqual([
    'ann jobtitle Head ended sourceChanged',
    'ben jobtitle Coach ended lifted',
    'eve city Bath ended expired',
    'eve jobtitle  pinned',
    'fay city Hove ended decided',
  ]);
});

test('by events too: what somebody edits is pinned, put back or opted out within moments', async () => {
  await river.edit('dan', { jobtitle: 'Chief', firstname: 'Edited' });
  await river.edit('hal', { no_mail: 'true' });
  await Promise.all(['dan', 'hal'].map((id) => river.tell(id)));
  await until(
    async () => [await river.origin('dan', 'jobtitle'), await river.origin('hal', 'no_mail')],
    ([job, mail]) => job === 'hubspot/pinned' && mail === 'hubspot/optOut',
  );
  await river.settled();
  expect(await river.held('jobtitle')).toMatchObject({ dan: 'Chief' });
  expect(await river.held('firstname')).toMatchObject({ dan: 'First' });
  // Told again, also of our own write, it changes nothing.
  await river.resetStats();
  await river.tell('dan');
  await until(
    async () => (await river.stats()).byOperation['contacts batch/read']?.calls ?? 0,
    (calls) => calls > 0,
  );
  await river.settled();
  expect((await river.stats()).writeCalls).toBe(0);
  expect(await historyReads()).toBe(1);
});
