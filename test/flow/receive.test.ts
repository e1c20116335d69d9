import { startClubRiver, type ClubRiver } from './clubRiver';
import { until } from '../support/until';
import { settled, workLeft } from './settled';

let river: ClubRiver;

beforeAll(async () => {
  river = await startClubRiver();
  await river.putTeam('t1', 'Rowers', 'rowers.example');
  await river.put(
    { id: 'm1', email: 'ann@people.example', first: 'Ann', last: 'Archer', city: 'Leeds', team: 't1' },
    { id: 'm2', email: 'bob@people.example', first: 'Bob', last: 'Baker', city: 'York', team: 't1' },
    { id: 'm3', email: 'cid@people.example', first: 'Cid', last: 'Cole', city: 'Hull' },
    { id: 'm4', email: 'dot@people.example', first: 'Dot', last: 'Dale', city: 'Bath' },
    { id: 'm5', email: 'eve@people.example', first: 'Eve', last: 'Earl', city: 'Deal' },
    { id: 'm6', email: 'fay@people.example', first: 'Fay', last: 'Ford', city: 'Ely' },
  );
  await river.worker();
  await river.open();
  expect((await river.sync()).state).toBe('succeeded');
});

afterAll(async () => {
  await river.stop();
});

beforeEach(async () => {
  await river.resetStats();
});

/** HubSpot's id of a contact by its e-mail at the source. */
async function idOf(email: string): Promise<string> {
  const { rows } = await river.pool.query<{ record_id: string }>(
    `select record_id from known_states where object_type = 'contacts' and kept ->> 'email' = $1 and not archived`,
    [email],
  );
  return rows[0]!.record_id;
}

/** Values, state and HubSpot record of the golden record that a member belongs to. */
async function golden(member: string) {
  const { rows } = await river.pool.query<{
    values: Record<string, string>;
    state: string;
    golden_id: string;
  }>(
    `select g.values, g.state, g.golden_id from mapped_records m join golden_records g using (portal_id, golden_id)
     where m.source = 'club' and m.stream = 'members' and m.record_key = $1`,
    [member],
  );
  return rows[0];
}

const edit = (id: string, properties: Record<string, string>) =>
  river.call('POST', '/_simulator/edit', { objectType: 'contacts', id, properties });

const changed = (key: string) => ({ kind: 'changed', key }) as const;

async function operations() {
  const { byOperation, writeCalls } = await river.stats();
  const calls = (name: string) => byOperation[name]?.calls ?? 0;
  return { reads: calls('contacts batch/read'), writes: writeCalls };
}

test('an edit in HubSpot reaches the golden record, read once whatever number of events tell of it', async () => {
  const ids = await Promise.all(['ann', 'bob', 'cid'].map((name) => idOf(`${name}@people.example`)));
  for (const id of ids) await edit(id, { jobtitle: 'Cox' });
  const events = ids.flatMap((id) => Array.from({ length: 40 }, () => changed(id)));
  await river.tell(...events.sort(() => Math.random() - 0.5));
  await settled(river.pool);
  for (const member of ['m1', 'm2', 'm3']) expect((await golden(member))!.values['jobtitle']).toBe('Cox');
  expect(await operations()).toEqual({ reads: 1, writes: 0 });

  // Whose the value of a shared field is and since when, only its history tells: one call more.
  for (const id of ids) await edit(id, { city: 'Rome' });
  await river.tell(...events);
  await settled(river.pool);
  for (const member of ['m1', 'm2', 'm3']) expect((await golden(member))!.values['city']).toBe('Rome');
  expect(await operations()).toEqual({ reads: 3, writes: 0 });
});

test("a person's change is urgent; the echoes that are read in the same call are not", async () => {
  await river.pool.query(
    `create table seen_lanes (record_key text, lane int);
     create function see_lane() returns trigger language plpgsql as $$ begin
       insert into seen_lanes values (new.record_key, new.lane);
       return new;
     end $$;
     create trigger see_lane after insert or update on staged_records for each row
       when (new.source = 'hubspot' and new.due_at is not null) execute function see_lane()`,
  );
  const [person, machine] = await Promise.all(['ann', 'bob'].map((name) => idOf(`${name}@people.example`)));
  for (const id of [person!, machine!]) await edit(id, { jobtitle: 'Stroke' });
  await river.resetStats();
  await river.tell({ ...changed(machine!), lane: 2 }, changed(person!));
  await settled(river.pool);
  for (const member of ['m1', 'm2']) expect((await golden(member))!.values['jobtitle']).toBe('Stroke');
  expect((await operations()).reads).toBe(1);
  const { rows } = await river.pool.query('select record_key, lane from seen_lanes');
  await river.pool.query('drop trigger see_lane on staged_records');
  expect(rows).toEqual([
    { record_key: person, lane: 0 },
    { record_key: machine, lane: 2 },
  ]);
});

test('the echo of our own write is read and ends there; an edit of a source-owned field is put back once', async () => {
  await river.put({ id: 'm4', email: 'dot@people.example', first: 'Dorothy', last: 'Dale', city: 'Bath' });
  expect((await river.sync({ sources: ['club'] })).state).toBe('succeeded');
  const id = await idOf('dot@people.example');
  await river.resetStats();
  await river.tell(changed(id), changed(id));
  await settled(river.pool);
  expect(await operations()).toEqual({ reads: 1, writes: 0 });

  await edit(id, { firstname: 'Dottie' });
  await river.tell(changed(id));
  await settled(river.pool);
  const held = await river.call('GET', `/crm/v3/objects/contacts/${id}?properties=firstname`);
  expect(held['properties']).toMatchObject({ firstname: 'Dorothy' });
  await river.tell(changed(id));
  await settled(river.pool);
  expect((await operations()).writes).toBe(1);
});

test('a record archived in HubSpot stays away, its golden record stays; restored, it is kept true again', async () => {
  const id = await idOf('eve@people.example');
  await river.tell(changed(id));
  await settled(river.pool);
  const anchors = `select from mapped_records where source = 'hubspot' and record_key = $1`;
  expect((await river.pool.query(anchors, [id])).rowCount).toBe(1);
  const before = (await golden('m5'))!;
  await river.call('DELETE', `/crm/v3/objects/contacts/${id}`);
  await river.resetStats();
  await river.tell({ kind: 'deleted', key: id });
  await settled(river.pool);
  const state = await river.pool.query(
    `select archived, golden_id from known_states where object_type = 'contacts' and record_id = $1`,
    [id],
  );
  expect(state.rows).toEqual([{ archived: true, golden_id: before.golden_id }]);
  expect(await golden('m5')).toEqual(before);
  expect((await river.pool.query(anchors, [id])).rowCount).toBe(0);
  expect((await river.sync({ sources: ['club'], full: true })).state).toBe('succeeded');
  expect((await operations()).writes).toBe(0);

  await river.call('POST', '/_simulator/restore', { objectType: 'contacts', id });
  await edit(id, { lastname: 'Erle', city: 'Dover' });
  await river.tell({ kind: 'restored', key: id });
  await settled(river.pool);
  expect((await golden('m5'))!.values).toMatchObject({ lastname: 'Earl', city: 'Dover' });
  const held = await river.call('GET', `/crm/v3/objects/contacts/${id}?properties=lastname`);
  expect(held['properties']).toMatchObject({ lastname: 'Earl' });
});

test.each([
  { keepsPrimaryId: true, readsResolve: false, told: 'first the deletion of the loser, then the merge' },
  { keepsPrimaryId: false, readsResolve: true, told: 'only the deletion, which the read explains' },
])(
  'a merge is followed, told as $told (the primary id is kept: $keepsPrimaryId)',
  async ({ keepsPrimaryId, readsResolve }) => {
    const switches = { mergeKeepsPrimaryId: keepsPrimaryId, batchReadResolvesMerged: readsResolve };
    await river.call('POST', '/_simulator/switches', switches);
    const name = keepsPrimaryId ? 'one' : 'two';
    const email = keepsPrimaryId ? 'cid@people.example' : 'fay@people.example';
    const member = keepsPrimaryId ? 'm3' : 'm6';
    const loser = await idOf(email);
    const stranger = { properties: { email: `${name}@strangers.example`, city: 'Oslo' } };
    const primary = String((await river.call('POST', '/crm/v3/objects/contacts', stranger))['id']);
    await river.tell({ kind: 'created', key: primary });
    await settled(river.pool);
    const merge = { primaryObjectId: primary, objectIdToMerge: loser };
    const winner = String((await river.call('POST', '/crm/v3/objects/contacts/merge', merge))['id']);
    expect(winner === primary).toBe(keepsPrimaryId);
    await river.tell({ kind: 'deleted', key: loser });
    await settled(river.pool);
    if (!readsResolve) {
      const also = { primaryId: primary, mergedIds: [loser] };
      await river.tell({ kind: 'merged', key: primary, also });
      await settled(river.pool);
    }
    const { rows } = await river.pool.query<{ record_id: string }>(
      `select record_id from known_states where object_type = 'contacts' and golden_id = $1 and not archived`,
      [(await golden(member))!.golden_id],
    );
    expect(rows).toEqual([{ record_id: winner }]);
    const anchors = `select record_key from mapped_records where source = 'hubspot' and record_key = any ($1)`;
    expect((await river.pool.query(anchors, [[loser, primary, winner]])).rows).toEqual([
      { record_key: winner },
    ]);
  },
);

/** The companies that HubSpot associates with a contact. */
async function teamsOf(id: string): Promise<string[]> {
  const path = `/crm/v4/objects/contacts/${id}/associations/companies`;
  const { results } = (await river.call('GET', path)) as { results?: { toObjectId: number }[] };
  return (results ?? []).map(({ toObjectId }) => String(toObjectId));
}

test('an association that somebody removed comes back once, for the source says so', async () => {
  const id = await idOf('ann@people.example');
  const team = (await teamsOf(id))[0]!;
  await river.call('DELETE', `/crm/v4/objects/contacts/${id}/associations/companies/${team}`);
  expect(await teamsOf(id)).toEqual([]);
  await river.resetStats();
  const told = { kind: 'associationChanged', key: team, stream: 'companies' } as const;
  await river.tell({ ...told, also: { toStream: 'contacts', toKey: id } });
  await settled(river.pool);
  expect(await teamsOf(id)).toEqual([team]);
  await river.tell({ ...told, also: { toStream: 'contacts', toKey: id } });
  await settled(river.pool);
  expect(await operations()).toEqual({ reads: 0, writes: 1 });
});

test('a team restored in HubSpot has its members as HubSpot has them, though they are tracked from their side', async () => {
  const [here, gone] = await Promise.all(['ann', 'bob'].map((name) => idOf(`${name}@people.example`)));
  const { results } = (await river.call(
    'GET',
    `/crm/v4/objects/contacts/${here}/associations/companies`,
  )) as {
    results?: { toObjectId: number }[];
  };
  const team = String(results![0]!.toObjectId);
  const known = async () => {
    const { rows } = await river.pool.query<{ from_id: string }>(
      'select from_id from known_associations where to_id = $1 order by from_id',
      [team],
    );
    return rows.map((row) => row.from_id);
  };
  expect(await known()).toEqual([here, gone].sort());
  await river.call('DELETE', `/crm/v3/objects/companies/${team}`);
  await river.tell(
    { kind: 'deleted', key: team, stream: 'companies' },
    { kind: 'associationChanged', key: here!, also: { toStream: 'companies', toKey: team } },
  );
  await until(known, (ids) => ids.length === 1);
  // All that is left is the association that waits for the team.
  await until(
    () => workLeft(river.pool),
    (left) => left <= 1,
  );
  // Nothing tells of this one while the team is away.
  await river.call('POST', '/_simulator/restore', { objectType: 'companies', id: team });
  await river.call('DELETE', `/crm/v4/objects/contacts/${gone}/associations/companies/${team}`);
  await river.resetStats();
  await river.tell({ kind: 'restored', key: team, stream: 'companies' });
  await settled(river.pool);
  expect(await known()).toEqual([here, gone].sort());
  expect(await teamsOf(gone!)).toEqual([team]);
  const { byOperation } = await river.stats();
  expect(byOperation['contacts-companies batch/create']).toMatchObject({ calls: 1, inputs: 1 });
});

test('a record that a source sends by itself is delivered, and does not wait for a run', async () => {
  await river.tell(gus('Gray', '08:00'));
  await settled(river.pool);
  expect(await lastNameOf('gus@people.example')).toBe('Gray');
});

test('what a source sent earlier and comes later is not taken over', async () => {
  await river.tell(gus('Grey', '08:02'));
  await settled(river.pool);
  await river.tell(gus('Green', '08:01'));
  await settled(river.pool);
  expect(await lastNameOf('gus@people.example')).toBe('Grey');
});

function gus(last: string, time: string) {
  const occurredAt = `2026-11-22T${time}:00Z`;
  const payload = { id: 'm7', email: 'gus@people.example', first: 'Gus', last, changed_at: occurredAt };
  return { kind: 'pushed', source: 'club', stream: 'members', key: 'm7', payload, occurredAt } as const;
}

async function lastNameOf(email: string): Promise<string> {
  const held: unknown = await river.call(
    'GET',
    `/crm/v3/objects/contacts/${await idOf(email)}?properties=lastname`,
  );
  return (held as { properties: { lastname: string } }).properties.lastname;
}
