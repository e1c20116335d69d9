import { taskQueue } from '../../src/workflows/contracts';
import { uniqueName } from '../support/temporal';
import { until } from '../support/until';
import { startMembersRiver, type Member, type MembersRiver } from './membersRiver';

let river: MembersRiver;
let api: MembersRiver['api'];

beforeAll(async () => {
  river = await startMembersRiver();
  api = river.api;
  await river.open();
});

afterAll(async () => {
  await river?.stop();
});

interface Listed {
  problemId: string;
  kind: string;
  recordKey: string | null;
  field: string | null;
}
const openProblems = async () => (await api('/api/problems')).json['problems'] as Listed[];

/** The open or closed problems behind a member, as `stage/closed by`. */
async function problemsOf(id: string): Promise<string[]> {
  const { rows } = await river.pool.query<{ text: string }>(
    `select problems.stage || '/' || coalesce(problems.closed_by, 'open') as text from problems
     where problems.record_key = $1 or problems.golden_id = (select golden_id from mapped_records m
       where m.source = 'club' and m.record_key = $1) order by problem_id`,
    [id],
  );
  return rows.map(({ text }) => text);
}

async function problemIdOf(id: string): Promise<string> {
  const { rows } = await river.pool.query<{ id: string }>(
    `select problem_id as id from problems where closed_at is null and (record_key = $1 or golden_id = (
       select golden_id from mapped_records m where m.source = 'club' and m.record_key = $1))`,
    [id],
  );
  if (rows.length !== 1) throw new Error(`${rows.length} open problems of ${id}`);
  return rows[0]!.id;
}

const cityOf = async (email: string) =>
  [...(await river.contacts()).values()].find((one) => one['email'] === email)?.['city'] ?? null;
const tick = () => river.temporal.workflow.execute('tick', { taskQueue, workflowId: uniqueName('tick') });
const member = (id: string, more: Partial<Member> = {}): Member => ({
  id,
  email: `${id}.secret@club.example`,
  name: `Secretname ${id}`,
  city: 'York',
  ...more,
});

describe('problems', () => {
  beforeAll(async () => {
    await setRule('MIN_LENGTH', '3');
    await river.put(
      member('ok'),
      member('corrected', { city: 'X' }),
      member('retried', { city: 'Y' }),
      member('dismissed', { city: 'Z' }),
      member('noPhone', { phone: 'not a phone' }),
    );
    await river.sync({ trigger: 'test' });
  });

  test('a record that HubSpot refuses is parked with the reason, the others are delivered', async () => {
    expect(await cityOf('ok.secret@club.example')).toBe('York');
    for (const id of ['corrected', 'retried', 'dismissed'])
      expect(await problemsOf(id)).toEqual(['deliver/open']);
    expect(await problemsOf('noPhone')).toEqual(['consolidate/open']);
    const { json } = await api(`/api/problems/${await problemIdOf('retried')}`);
    expect(json).toMatchObject({
      kind: 'rejected',
      golden: { values: { city: 'Y' }, members: [{ key: 'retried', payload: { city: 'Y' } }] },
      known: null,
      lastIntent: { properties: { city: 'Y' }, inFlight: false },
    });
    const shown = await river.tributary('problems', 'show', await problemIdOf('noPhone'));
    expect(shown).toMatchObject({ field: 'phone', staged: { payload: { phone: 'not a phone' } } });
  });

  test('a correction at the source closes it', async () => {
    await river.put(member('corrected', { city: 'Leeds' }));
    await river.sync({});
    expect(await cityOf('corrected.secret@club.example')).toBe('Leeds');
    expect(await problemsOf('corrected')).toEqual(['deliver/delivery']);
  });

  test('a retry that fails again leaves the same problem open', async () => {
    const id = await problemIdOf('retried');
    const { status, json } = await api('/api/problems/retry', { ids: [id] });
    expect([status, json]).toEqual([
      202,
      { retried: 1, notRetried: { count: 0, problems: [] }, left: 0, rung: true },
    ]);
    await until(
      async () =>
        (await river.pool.query(`select retried_at from problems where problem_id = $1`, [id])).rows[0],
      (row: { retried_at: unknown }) => row.retried_at === null,
    );
    expect(await problemIdOf('retried')).toBe(id);
  });

  test('a dismissed one stays away over a full read, until its record changes', async () => {
    for (const id of ['dismissed', 'noPhone']) {
      const body = { ids: [await problemIdOf(id)], note: 'they know' };
      expect((await api('/api/problems/dismiss', body)).json).toEqual({ dismissed: 1, left: 0 });
    }
    await river.sync({ full: true });
    // The same fault of the same record, found anew.
    await river.pool.query(`update staged_records set due_at = now() where record_key = 'noPhone'`);
    await tick();
    await until(
      async () => (await river.pool.query(`select from staged_records where due_at is not null`)).rowCount,
      (due) => due === 0,
    );
    expect(await problemsOf('dismissed')).toEqual(['deliver/dismissed']);
    expect(await problemsOf('noPhone')).toEqual(['consolidate/dismissed']);
    await river.put(member('noPhone', { phone: 'still not a phone' }), member('dismissed', { city: 'Q' }));
    await river.sync({});
    expect(await problemsOf('dismissed')).toEqual(['deliver/dismissed', 'deliver/open']);
    expect(await problemsOf('noPhone')).toEqual(['consolidate/dismissed', 'consolidate/open']);
  });

  test('a retry when the rule is lifted delivers it, which closes it', async () => {
    await setRule(null);
    const outcome = await river.tributary('problems', 'retry', '--kind', 'rejected');
    expect(outcome).toMatchObject({ retried: 2, notRetried: [], rung: true });
    await until(
      () => cityOf('retried.secret@club.example'),
      (city) => city === 'Y',
    );
    await until(
      () => problemsOf('retried'),
      (all) => all.length === 1 && all[0] === 'deliver/retry',
    );
    await until(openProblems, (all) => all.length === 1 && all[0]!.recordKey === 'noPhone');
  });
});

describe('reviews', () => {
  const people = ['apart', 'linked', 'joined'] as const;
  const cards = Object.fromEntries(people.map((name) => [name, [`${name}-1`, `${name}-2`]]));
  const held: Record<string, [string, string]> = {};
  let stranger = '';

  async function reviewOf(
    name: string,
  ): Promise<{ reviewId: string; kind: string; reason: string } | undefined> {
    const { json } = await api('/api/reviews');
    const all = json['reviews'] as {
      reviewId: string;
      kind: string;
      reason: string;
      records: { key: string }[];
    }[];
    return all.find(({ records }) => records.some(({ key }) => key === name));
  }

  /** What HubSpot has of the three people: each record by where it came from, with its e-mail. */
  async function outcome() {
    const contacts = await river.contacts();
    const nameOf = (id: string) => Object.entries(held).find(([, ids]) => ids.includes(id));
    const seen = [...contacts].flatMap(([id, { email, card }]) => {
      const origin = nameOf(id);
      if (!origin && !people.some((name) => card === cards[name]![0])) return [];
      return [`${origin ? `${origin[0]} ${origin[1].indexOf(id) + 1}` : 'new'}: ${email}`];
    });
    return seen.sort();
  }
  const decided = [
    'apart 1: apart-1@hubspot.example',
    'apart 2: apart-2@hubspot.example',
    'joined 1: joined.secret@club.example',
    'joined 2: joined-2@hubspot.example',
    'linked 1: linked-1@hubspot.example',
    'linked 2: linked.secret@club.example',
    'new: apart.secret@club.example',
  ];

  beforeAll(async () => {
    for (const name of people) {
      const records = cards[name]!.map((card) => ({
        objectType: 'contacts',
        properties: { card, email: `${card}@hubspot.example` },
      }));
      const { ids } = (await river.post('/_simulator/seed', { records })) as { ids: [string, string] };
      held[name] = ids;
      const [card, second_card] = cards[name]!;
      await river.put(member(name, { card: card!, second_card: second_card! }));
    }
    const records = [{ objectType: 'contacts', properties: { email: 'stranger@hubspot.example' } }];
    [stranger] = ((await river.post('/_simulator/seed', { records })) as { ids: [string] }).ids;
    await river.sync({ full: true });
  });

  test('a record that could be either of two in HubSpot waits', async () => {
    expect(await outcome()).toHaveLength(6);
    for (const name of people) expect(await reviewOf(name)).toMatchObject({ kind: 'ambiguous' });
    const { reviewId } = (await reviewOf('linked'))!;
    const { json } = await api(`/api/reviews/${reviewId}`);
    expect((json['parts'] as { key: string }[][]).map(([first]) => first!.key)).toEqual([
      'linked',
      ...held['linked']!,
    ]);
  });

  test('each answer is done, and only the merge that HubSpot must do is left to ask', async () => {
    const apart = await river.tributary('reviews', 'decide', (await reviewOf('apart'))!.reviewId, '--apart');
    expect(apart).toMatchObject({ decision: 'apart', decisions: 2, rung: true });
    const recordId = held['linked']![1];
    const link = { decision: 'link', recordId, note: 'they told us' };
    expect((await api(`/api/reviews/${(await reviewOf('linked'))!.reviewId}/decide`, link)).status).toBe(202);
    await river.tributary('reviews', 'decide', (await reviewOf('joined'))!.reviewId, '--join', '--by', 'ann');
    await until(outcome, (seen) => JSON.stringify(seen) === JSON.stringify(decided));
    expect(await reviewOf('apart')).toBeUndefined();
    expect(await reviewOf('linked')).toBeUndefined();
    expect(await reviewOf('joined')).toMatchObject({
      kind: 'twoAnchors',
      reason: expect.stringContaining('merge'),
    });
  });

  test('a full read of everything changes nothing of it', async () => {
    await river.resetStats();
    const { total } = (await api('/api/reviews')).json;
    await river.pool.query('update staged_records set due_at = now()');
    expect((await river.sync({ full: true })).state).toBe('succeeded');
    expect(await outcome()).toEqual(decided);
    expect((await api('/api/reviews')).json['total']).toBe(total);
    const { rows } = await river.pool.query(`select count(*)::int as links from mapped_records
      where source = 'club' and golden_id is null`);
    expect(rows).toEqual([{ links: 0 }]);
  });

  test('deciding anew overrules the first answer, even for a record that shares nothing', async () => {
    const { json } = await api('/api/reviews?state=decided');
    const all = json['reviews'] as { reviewId: string; records: { key: string }[] }[];
    const { reviewId } = all.find(({ records }) => records.some(({ key }) => key === 'linked'))!;
    await api(`/api/reviews/${reviewId}/decide`, { decision: 'link', recordId: stranger });
    await until(
      async () => (await river.contacts()).get(stranger)?.['email'],
      (email) => email === 'linked.secret@club.example',
    );
    expect(await reviewOf('linked')).toBeUndefined();
    await river.put(
      member('linked', { card: cards['linked']![0]!, second_card: cards['linked']![1]!, city: 'Bath' }),
    );
    await river.sync({});
    expect((await river.contacts()).get(stranger)).toMatchObject({ city: 'Bath' });
  });
});

test('no log holds anything of a person', async () => {
  const text = (await river.workerLogs()) + river.apiLines.join('\n');
  expect(text).toContain('http_request');
  for (const secret of ['secret@', 'Secretname', 'hubspot.example', 'not a phone', 'they know'])
    expect(text).not.toContain(secret);
});

async function setRule(ruleType: string | null, bound = ''): Promise<void> {
  const rules = ruleType === null ? [] : [{ ruleType, ruleArguments: [bound] }];
  await river.post('/_simulator/seed', {
    validationRules: [{ objectType: 'contacts', property: 'city', rules }],
  });
}
