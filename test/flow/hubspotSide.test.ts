import { replaced } from './academy';
import { until } from '../support/until';
import { startMembersRiver, type Member, type MembersRiver } from './membersRiver';

let river: MembersRiver;

const cardRule = '- { name: card, fields: [card, second_card], fold: exact }';
const emailRule = '- { name: email, fields: [email, hs_additional_emails], fold: email }';
const withEmails = (text: string) => replaced(text, cardRule, `${cardRule}\n        ${emailRule}`);

const member = (id: string, more: Partial<Member> = {}): Member => ({
  id,
  email: `${id.toLowerCase()}@club.example`,
  city: 'York',
  ...more,
});

/** HubSpot's live contacts with one of these e-mails as their primary one, by id. */
async function held(...emails: string[]) {
  const all = [...(await river.contacts())];
  return all.filter(([, { email }]) => emails.includes(email ?? '')).map(([id, one]) => ({ id, ...one }));
}

async function idOf(member: Member): Promise<string> {
  const [found, ...others] = await held(member.email);
  if (!found || others.length > 0) throw new Error(`not one record has ${member.email}`);
  return found.id;
}

/** A person makes one record of two. @returns the id of the one that is left */
async function merge(primaryObjectId: string, objectIdToMerge: string): Promise<string> {
  const body = { primaryObjectId, objectIdToMerge };
  const { id } = (await river.post('/crm/objects/2026-09/contacts/merge', body)) as { id: string };
  return id;
}

async function ask(method: string, path: string): Promise<void> {
  const headers = { authorization: 'Bearer pat-simulator' };
  const reply = await fetch(`${river.simulatorUrl}${path}`, { method, headers });
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status}`);
}

async function seed(...emails: string[]): Promise<string[]> {
  const records = emails.map((email) => ({ objectType: 'contacts', properties: { email } }));
  return ((await river.post('/_simulator/seed', { records })) as { ids: string[] }).ids;
}

/** Which HubSpot record a member is, as far as is known here. */
async function linkOf({ id }: Member): Promise<string | null> {
  const { rows } = await river.pool.query<{ record_id: string }>(
    `select record_id from known_states join mapped_records using (portal_id, golden_id)
     where source = 'club' and record_key = $1`,
    [id],
  );
  return rows[0]?.record_id ?? null;
}

async function problemsOf({ id }: Member): Promise<{ kind: string; reason: string }[]> {
  const { rows } = await river.pool.query<{ kind: string; reason: string }>(
    `select kind, reason from problems join mapped_records m using (golden_id)
     where closed_at is null and m.source = 'club' and m.record_key = $1 order by 1`,
    [id],
  );
  return rows;
}

async function reviewOf(
  ...members: Member[]
): Promise<{ reviewId: string; kind: string; reason: string } | null> {
  const { json } = await river.api('/api/reviews');
  const reviews = json['reviews'] as {
    reviewId: string;
    kind: string;
    reason: string;
    records: { key: string }[];
  }[];
  const keys = members.map(({ id }) => id);
  return reviews.find(({ records }) => records.some(({ key }) => keys.includes(key))) ?? null;
}

async function deliver(...members: Member[]): Promise<void> {
  await river.put(...members);
  expect(await river.sync()).toMatchObject({ state: 'succeeded' });
}

const switches = (wanted: object) => river.post('/_simulator/switches', wanted);

describe('what is archived is left', () => {
  beforeAll(async () => {
    river = await startMembersRiver(withEmails);
    await river.open();
  });

  afterAll(async () => {
    await river?.stop();
  });

  test.each([
    { mergeKeepsPrimaryId: false, batchReadResolvesMerged: false },
    { mergeKeepsPrimaryId: true, batchReadResolvesMerged: true },
  ])(
    'a record that was merged into another is followed when it is delivered: %p',
    async (choices) => {
      await switches(choices);
      const one = member(`follows${choices.mergeKeepsPrimaryId}`);
      await deliver(one);
      const loser = await idOf(one);
      const [stranger] = await seed(`stranger${choices.mergeKeepsPrimaryId}@hubspot.example`);
      const winner = await merge(stranger!, loser);
      await deliver({ ...one, city: 'Leeds' });
      expect(await held(one.email)).toMatchObject([{ id: winner, city: 'Leeds' }]);
      expect((await river.contacts()).has(loser)).toBe(false);
      expect(await linkOf(one)).toBe(winner);
      expect(await problemsOf(one)).toEqual([]);
      // It is known from now on: one call for the next change.
      await river.resetStats();
      await deliver({ ...one, city: 'Bath' });
      expect(await held(one.email)).toMatchObject([{ id: winner, city: 'Bath' }]);
      expect((await river.stats()).writeCalls).toBe(1);
    },
    600_000,
  );

  test('a full read follows merges too, and writes nothing', async () => {
    const one = member('read');
    await deliver(one);
    const [stranger] = await seed('read@hubspot.example');
    const winner = await merge(await idOf(one), stranger!);
    await river.resetStats();
    expect(await river.sync({ full: true })).toMatchObject({ state: 'succeeded' });
    expect((await river.stats()).writeCalls).toBe(0);
    expect(await linkOf(one)).toBe(winner);
  });

  describe('two records of ours that a person merged', () => {
    const pairs = ['joined', 'apart'].map((name) => [member(`${name}-a`), member(`${name}-b`)] as const);
    const [joined, apart] = pairs as [readonly [Member, Member], readonly [Member, Member]];

    beforeAll(async () => {
      await switches({ mergeKeepsPrimaryId: true, batchReadResolvesMerged: false });
      await deliver(...pairs.flat());
      for (const [winner, loser] of pairs) await merge(await idOf(winner), await idOf(loser));
      await deliver(...pairs.map(([, loser]) => ({ ...loser, city: 'Leeds' })));
    });

    test('are a problem and a question', async () => {
      for (const [winner, loser] of pairs) {
        expect(await problemsOf(loser)).toMatchObject([{ kind: 'conflict' }]);
        expect(await problemsOf(winner)).toEqual([]);
        expect(await reviewOf(winner, loser)).toMatchObject({
          kind: 'twoAnchors',
          reason: expect.stringContaining('HubSpot has made one record of the two') as string,
        });
        expect(await held(winner.email)).toMatchObject([{ city: 'York' }]);
      }
      // Looked at again from the winner's side, it is the same question.
      await deliver({ ...joined[0], name: 'Ann' });
      expect(await reviewOf(...joined)).not.toBeNull();
    });

    test('joined, they are one record with both names', async () => {
      const { reviewId } = (await reviewOf(...joined))!;
      await river.api(`/api/reviews/${reviewId}/decide`, { decision: 'join' });
      await until(
        () => reviewOf(...joined),
        (review) => review === null,
      );
      expect(await linkOf(joined[1])).toBe(await linkOf(joined[0]));
      expect(await river.sync()).toMatchObject({ state: 'succeeded' });
      expect(await held(...joined.map(({ email }) => email))).toHaveLength(1);
      expect(await problemsOf(joined[1])).toEqual([]);
    });

    test('kept apart, the other is created anew as soon as its e-mail is free', async () => {
      const { reviewId } = (await reviewOf(...apart))!;
      await river.api(`/api/reviews/${reviewId}/decide`, { decision: 'apart' });
      await until(
        () => problemsOf(apart[1]),
        (problems) => problems.some(({ reason }) => reason.includes('HubSpot says')),
      );
      expect(await held(apart[1].email)).toEqual([]);
      expect(await reviewOf(...apart)).toBeNull();
      await deliver({ ...apart[1], email: 'apart-c@club.example' });
      expect(await held(apart[0].email, 'apart-c@club.example')).toHaveLength(2);
      expect(await problemsOf(apart[1])).toEqual([]);
    });
  });

  test('an archived record is left, and so is one that was deleted for good; both are said', async () => {
    const [archived, deleted] = [member('archived'), member('deleted')];
    await deliver(archived, deleted);
    await ask('DELETE', `/crm/objects/2026-09/contacts/${await idOf(archived)}`);
    await erase(await idOf(deleted));
    await deliver({ ...archived, city: 'Leeds' }, { ...deleted, city: 'Leeds' });
    expect(await problemsOf(archived)).toEqual([
      { kind: 'archived', reason: expect.stringContaining('is left as it is') as string },
    ]);
    expect(await problemsOf(deleted)).toEqual([
      { kind: 'archived', reason: expect.stringContaining('not even archived') as string },
    ]);
    expect(await held(archived.email, deleted.email)).toEqual([]);
  });

  test('a changed e-mail that is free changes the contact', async () => {
    const one = member('moves');
    await deliver(one);
    const id = await idOf(one);
    const email = 'moved@club.example';
    await deliver({ ...one, email });
    expect(await held(one.email, email)).toMatchObject([{ id, email }]);
  });

  describe.each(['id', 'noId'])('where a conflict is told with %s', (conflictText) => {
    test('a changed e-mail that is another contact’s secondary one makes no second contact', async () => {
      await switches({ conflictText, mergeKeepsPrimaryId: true });
      const one = member(`changes-${conflictText}`);
      await deliver(one);
      const id = await idOf(one);
      const second = `second-${conflictText.toLowerCase()}@hubspot.example`;
      const [other, absorbed] = await seed(`first-${conflictText}@hubspot.example`, second);
      await merge(other!, absorbed!);
      const before = (await river.contacts()).size;
      await deliver({ ...one, email: second });
      expect((await river.contacts()).size).toBe(before);
      expect(await held(one.email)).toMatchObject([{ id }]);
      expect(await problemsOf(one)).toEqual([
        {
          kind: 'conflict',
          reason: expect.stringContaining(`the owner is HubSpot record ${other}`) as string,
        },
      ]);
      // A person merges the two; the next change finds them as one.
      const winner = await merge(other!, id);
      await deliver({ ...one, email: second, city: 'Leeds' });
      expect((await river.contacts()).get(winner)).toMatchObject({ city: 'Leeds' });
      expect(await problemsOf(one)).toEqual([]);
    });

    test('a new record whose e-mail is another contact’s secondary one adopts that contact', async () => {
      const second = `adopt2-${conflictText.toLowerCase()}@hubspot.example`;
      const [other, absorbed] = await seed(`adopt1-${conflictText}@hubspot.example`, second);
      await merge(other!, absorbed!);
      const before = (await river.contacts()).size;
      const one = member(`adopts-${conflictText}`, { email: second, city: 'Hull' });
      await deliver(one);
      expect((await river.contacts()).size).toBe(before);
      expect((await river.contacts()).get(other!)).toMatchObject({ city: 'Hull' });
      expect(await linkOf(one)).toBe(other);
    });
  });
});

describe('what is archived is created anew', () => {
  beforeAll(async () => {
    river = await startMembersRiver((text) =>
      replaced(text, '    precedence: [club]', '    precedence: [club]\n    whenArchivedInHubSpot: recreate'),
    );
    await river.open();
  });

  afterAll(async () => {
    await river?.stop();
  });

  test('with all its values, once; what was deleted for good is not', async () => {
    const [archived, deleted] = [member('archived', { name: 'Ann' }), member('deleted')];
    await deliver(archived, deleted);
    const [old, gone] = [await idOf(archived), await idOf(deleted)];
    await ask('DELETE', `/crm/objects/2026-09/contacts/${old}`);
    await erase(gone);
    await deliver({ ...archived, city: 'Leeds' }, { ...deleted, city: 'Leeds' });
    const [created, ...others] = await held(archived.email);
    expect(created).toMatchObject({ city: 'Leeds', firstname: 'Ann' });
    expect(created!.id).not.toBe(old);
    expect(others).toEqual([]);
    expect(await linkOf(archived)).toBe(created!.id);
    expect(await problemsOf(archived)).toEqual([]);
    expect(await held(deleted.email)).toEqual([]);
    expect(await problemsOf(deleted)).toMatchObject([{ kind: 'archived' }]);
  });
});

/** Deleted for good, as the law asks for. */
async function erase(objectId: string): Promise<void> {
  const reply = await fetch(`${river.simulatorUrl}/crm/objects/2026-09/contacts/gdpr-delete`, {
    method: 'POST',
    headers: { authorization: 'Bearer pat-simulator', 'content-type': 'application/json' },
    body: JSON.stringify({ objectId }),
  });
  if (!reply.ok) throw new Error(`gdpr-delete: ${reply.status}`);
}
