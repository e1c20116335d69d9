import { settled } from './settled';
import { startQuotaRiver, type QuotaRiver } from './quotaRiver';

const people = 10_000;
const batches = people / 100;

let river: QuotaRiver;

beforeAll(async () => {
  river = await startQuotaRiver(1);
  await river.open();
  await river.sync();
});

afterAll(async () => {
  await river?.stop();
});

/** Marks new contacts of which some have two values that HubSpot refuses. @returns the ids of those */
async function mark(bad: number): Promise<string[]> {
  const ids = await river.mark(2, people);
  const poison = ids.filter((_id, index) => index % Math.floor(people / bad) === 0).slice(0, bad);
  await river.pool.query(
    `update golden_records set values = values || jsonb_build_object(
       'email', golden_id || ' is no address', 'firstname', 'see https://spam.example')
     where golden_id = any ($1::uuid[])`,
    [poison],
  );
  return poison.sort();
}

/** The calls of the delivery of so many people of whom some are bad. */
async function callsFor(bad: number): Promise<{ calls: number; poison: string[] }> {
  const poison = await mark(bad);
  await river.resetStats();
  await river.ring('bulk');
  await settled(river.pool);
  const { byOperation } = await river.stats();
  return { calls: byOperation['contacts batch/upsert']!.calls, poison };
}

async function expectProblems(poison: string[]): Promise<void> {
  const { rows } = await river.pool.query<{ goldenId: string; field: string; reason: string }>(
    `select golden_id as "goldenId", field, reason from problems
     where closed_at is null and kind = 'rejected' and golden_id = any ($1::uuid[]) order by golden_id, field`,
    [poison],
  );
  expect(rows).toEqual(
    poison.flatMap((goldenId) => [
      {
        goldenId,
        field: 'email',
        reason: expect.stringMatching(/HubSpot refuses the value: .*email/i) as string,
      },
      { goldenId, field: 'firstname', reason: expect.stringMatching(/url/i) as string },
    ]),
  );
}

async function deliveredCount(): Promise<number> {
  const { rows } = await river.pool.query<{ count: number }>(
    'select count(*)::int as count from known_states',
  );
  return rows[0]!.count;
}

test.each([1, 5, 50])(
  '%d bad records among 10,000 are problems with their reasons, whole batches being refused; the others are delivered',
  async (bad) => {
    await river.settings({ switches: { tracedWrites: 'allOrNothing' } });
    const before = await deliveredCount();
    const { calls, poison } = await callsFor(bad);
    const extra = calls - batches;
    process.stdout.write(`  poison ${bad} in ${people}: ${extra} calls more than ${batches}\n`);
    expect((await deliveredCount()) - before).toBe(people - bad);
    await expectProblems(poison);
    // Every halving is two calls: one in 100 is alone after seven of them.
    expect(extra).toBeGreaterThan(0);
    expect(extra).toBeLessThanOrEqual(15 * bad);
  },
  600_000,
);

test('where HubSpot takes the others of a batch, bad records cost no call', async () => {
  await river.settings({ switches: { tracedWrites: 'partial' } });
  const { calls, poison } = await callsFor(50);
  await expectProblems(poison);
  expect(calls).toBe(batches);
});
