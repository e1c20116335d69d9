import { readFile } from 'node:fs/promises';
import { setMode } from '../../src/db/portals';
import { startHubSpotSimulator } from '../../src/simulator/hubspot/server';
import { taskQueue } from '../../src/workflows/contracts';
import { control, readReport } from '../support/simulatorControl';
import { uniqueName } from '../support/temporal';
import { replaced, secondConfig, stableMs, startAcademy, type Academy } from './academy';
import { course, courseFile, dropCourses, firms } from './academyWorld';
import { changeCrm, contact, succeed, writesOf } from './academySteps';
import { openProblems, viewPortal } from './portalView';

/** The second configuration with a two-way mail block and a lifecycle stage that the CRM decides. */
function withRules(text: string): string {
  const block = `{ expression: "has(record.sperre) && record.sperre == 'J' ? 'blocked' : ''" }`;
  const stage = `lifecyclestage: { expression: "record.vorname == 'Anna' ? 'customer' : 'lead'" }`;
  return replaced(
    text,
    `mail_block: ${block}`,
    `mail_block: { expression: "record.sperre == 'J' ? 'blocked' : 'allowed'" }\n          ${stage}`,
  );
}

/** How many activities of a type the executions of a workflow id have scheduled. */
async function scheduledActivities(academy: Academy, workflowId: string, type: string): Promise<number> {
  let count = 0;
  for await (const { runId } of academy.temporal.workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
    const { events } = await academy.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    count += (events ?? []).filter(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === type,
    ).length;
  }
  return count;
}

describe('one academy, from hold to another portal', () => {
  let academy: Academy;
  let text: string;

  beforeAll(async () => {
    text = withRules(await readFile(secondConfig, 'utf8'));
    academy = await startAcademy({ change: () => text, live: false });
  });

  afterAll(async () => {
    await academy?.stop();
  });

  test('in hold nothing is written and the run succeeds; going live delivers what was proposed', async () => {
    expect(await writesOf(academy, () => succeed(academy))).toBe(0);
    const { rows } = await academy.pool.query(
      'select object_type, count(*)::int as marks from outbox group by 1 order by 1',
    );
    expect(rows).toEqual([
      { object_type: 'companies', marks: 2 },
      { object_type: 'contacts', marks: 4 },
      { object_type: 'courses', marks: 2 },
      { object_type: 'deals', marks: 5 },
    ]);
    await setMode(academy.pool, academy.portalId, 'live');
    await academy.temporal.workflow.execute('tick', { taskQueue, workflowId: uniqueName('tick') });
    await settled(academy);
    const portal = await viewPortal(academy.simulatorUrl);
    expect(['companies', 'contacts', 'courses', 'deals'].map((name) => portal.count(name))).toEqual([
      2, 4, 2, 4,
    ]);
    const ends = [
      { objectType: 'courses', name: 'course_title' },
      { objectType: 'contacts', name: 'crm_person_no' },
    ] as const;
    expect(portal.associations(...ends)).toHaveLength(3);
  });

  test('an opt-out goes by the realtime lane and is never cleared, whatever the source says later', async () => {
    const lane = `deliver:${academy.portalId}:realtime`;
    expect((await contact(academy, '4'))['mail_block']).toBe('allowed');
    expect(await scheduledActivities(academy, lane, 'sendBatches')).toBe(0);
    await changeCrm(academy, `update crm.person set sperre = 'J', geaendert = now() where person_no = 4`);
    await succeed(academy);
    expect((await contact(academy, '4'))['mail_block']).toBe('blocked');
    expect(await scheduledActivities(academy, lane, 'sendBatches')).toBe(1);

    await changeCrm(academy, `update crm.person set sperre = null, geaendert = now() where person_no = 4`);
    expect(await writesOf(academy, () => succeed(academy))).toBe(0);
    // Also when HubSpot was read anew meanwhile.
    expect(await writesOf(academy, () => succeed(academy, true))).toBe(0);
    expect((await contact(academy, '4'))['mail_block']).toBe('blocked');
  });

  test('an opt-out that a person makes in HubSpot stays, although the source allows', async () => {
    const { id } = (await viewPortal(academy.simulatorUrl)).find('contacts', 'crm_person_no', '1');
    const edit = { objectType: 'contacts', id, properties: { mail_block: 'blocked' } };
    await control(academy.simulatorUrl, 'edit', edit);
    await changeCrm(
      academy,
      `update crm.person set nachname = 'Meier', geaendert = now() where person_no = 1`,
    );
    await succeed(academy, true);
    expect(await contact(academy, '1')).toMatchObject({ mail_block: 'blocked', lastname: 'Meier' });
  });

  test('a value that HubSpot answers with another one is not sent again until a side changes', async () => {
    expect((await contact(academy, '1'))['lifecyclestage']).toBe('customer');
    await changeCrm(academy, `update crm.person set vorname = 'Anne', geaendert = now() where person_no = 1`);
    expect(await writesOf(academy, () => succeed(academy))).toBe(1);
    expect(await contact(academy, '1')).toMatchObject({ firstname: 'Anne', lifecyclestage: 'customer' });
    expect(await writesOf(academy, () => succeed(academy))).toBe(0);
    expect(await writesOf(academy, () => succeed(academy, true))).toBe(0);
    await changeCrm(academy, `update crm.person set vorname = 'Anni', geaendert = now() where person_no = 1`);
    await succeed(academy);
    const { rows } = await academy.pool.query<{ after: object }>(
      `select after from deliveries d join golden_records g using (portal_id, object_type, golden_id)
       where g.values ->> 'crm_person_no' = '1' order by delivery_id desc limit 2`,
    );
    expect(rows.map(({ after }) => after)).toEqual([
      { firstname: 'Anni' },
      { firstname: 'Anne', lifecyclestage: 'lead' },
    ]);
  });

  test('a row without a key stops nothing; once it is right, its problem closes', async () => {
    const good = firms.pop()!;
    firms.push({ title: 'No Key Ltd', register: { number: 'HRB 1' }, url: null } as never, {
      ...good,
      title: 'Süd und Söhne',
    });
    await succeed(academy, true);
    expect((await openProblems(academy.pool)).filter((line) => line.startsWith('shop.firms'))).toEqual([
      'shop.firms - - unreadable',
    ]);
    const names = async () => (await viewPortal(academy.simulatorUrl)).records('companies', ['name']);
    expect(await names()).toContainEqual({ name: 'Süd und Söhne' });
    Object.assign(firms.at(-2)!, { id: 'F9', title: 'Key Ltd' });
    await succeed(academy, true);
    expect(await openProblems(academy.pool)).not.toContain('shop.firms - - unreadable');
    expect(await names()).toContainEqual({ name: 'Key Ltd' });
  });

  test('a broken line stops nothing; once the file is dropped again corrected, its problem closes', async () => {
    const broken = async () =>
      (await openProblems(academy.pool)).filter((line) => line.startsWith('events.courses - - unreadable'));
    expect(await broken()).toHaveLength(1);
    await dropCourses(
      academy.eventsFolder,
      courseFile.replace('{"course": {"code": "BROKEN"', course('JS', 1)),
    );
    await new Promise((resolve) => setTimeout(resolve, stableMs));
    await succeed(academy);
    expect(await broken()).toEqual([]);
    // The old file is among those that a full read visits, the corrected one comes after it.
    await succeed(academy, true);
    expect(await broken()).toEqual([]);
    expect((await viewPortal(academy.simulatorUrl)).find('courses', 'course_code', 'JS').writes).toBe(1);
  });

  test('a newly mapped property is read from HubSpot before its first diff', async () => {
    const grown = replaced(
      replaced(
        text,
        'crm_person_no: person_no',
        `crm_person_no: person_no\n          jobtitle: { default: Member }`,
      ),
      'mobilephone: { ownership: shared }',
      'mobilephone: { ownership: shared }\n      jobtitle: { ownership: shared }',
    );
    await academy.restartWith(grown);
    await succeed(academy);
    const titles = (await viewPortal(academy.simulatorUrl)).records('contacts', [
      'crm_person_no',
      'jobtitle',
    ]);
    expect(titles.map((record) => Object.values(record).join(' '))).toEqual([
      '1 Member',
      '2 typed by hand',
      '3 Member',
      '4 Member',
    ]);
  });

  test("a token of another portal than the state's is refused before anything is written", async () => {
    const other = await startHubSpotSimulator({ portalId: 40_111_333, tokens: ['pat-academy'] });
    try {
      await academy.restartWith(text, { ACADEMY_HUBSPOT_URL: other.url });
      const refused = (await academy.sync().catch((error: unknown) => error)) as Error;
      expect(failureAtBottom(refused)).toMatchObject({
        type: 'wrongPortal',
        message: expect.stringMatching(/belongs to portal 40111333.*bound to portal 40111222/) as string,
      });
      expect((await readReport(other.url)).writeCalls).toBe(0);
    } finally {
      await other.stop();
    }
  });
});

/** Waits until nothing is due any more; parked marks stand for problems. */
async function settled({ pool }: Academy): Promise<void> {
  const end = Date.now() + 120_000;
  for (;;) {
    const { rows } = await pool.query<{ due: number }>(
      `select (select count(*) from outbox where not parked)::int
         + (select count(*) from golden_associations where due and not parked and exists (
             select from known_states where golden_id = from_golden) and exists (
             select from known_states where golden_id = to_golden))::int as due`,
    );
    if (rows[0]!.due === 0) return;
    if (Date.now() > end) throw new Error(`${rows[0]!.due} marks are still due`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function failureAtBottom(error: unknown): unknown {
  const { cause } = error as Error;
  return cause ? failureAtBottom(cause) : error;
}
