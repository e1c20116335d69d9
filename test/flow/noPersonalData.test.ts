import { randomBytes } from 'node:crypto';
import { orderFault, readReport } from '../support/simulatorControl';
import { replaced, startAcademy, type Academy } from './academy';
import { changeCrm } from './academySteps';
import { fillCrm, orders, people, type CrmPerson } from './academyWorld';
import { openProblems, viewPortal } from './portalView';
import { longestHistory, temporalText } from './temporalText';

/** Longer than an index of Postgres takes, and not to be compressed: the database refuses such a row. */
const tooLong = (bytes = 6_000) => randomBytes(bytes).toString('hex');

/** People whose names, mails and phones occur nowhere else in the world, so that every hit is a leak. */
const many = Array.from({ length: 40 }, (_, at): CrmPerson => {
  const letters = String.fromCharCode(97 + Math.floor(at / 26), 97 + (at % 26));
  return {
    person_no: 700 + at,
    mail: `quax.${letters}pommeroy@vriendelijk.example`,
    vorname: `Xanthippe${letters}`,
    nachname: `Pommeroy${letters}`,
    telefon: `+4917099${String(10_000 + at * 137)}`,
    sperre: at % 9 === 0 ? 'J' : null,
    geaendert: `2024-10-0${1 + (at % 5)}T08:00:00Z`,
  };
});
const refusedKey = `${tooLong()}@vriendelijk.example`;
const refusedBuyer = tooLong();

let academy: Academy;

beforeAll(async () => {
  // The people's key is their e-mail, and so their cursors are.
  const change = (text: string) =>
    replaced(
      replaced(
        replaced(text, 'recordKey: person_no', 'recordKey: mail'),
        'from crm.person p',
        'from crm.person_view p',
      ),
      'pageSize: 200',
      'pageSize: 7',
    );
  academy = await startAcademy({ change, environment: { LOG_LEVEL: 'debug' } });
  const refused = { ...many[0]!, person_no: 999, mail: refusedKey };
  await fillCrm(academy.crm.url, [...people, ...many, refused]);
  // A reference that no index can hold: the database refuses the mapped record.
  orders.push({ ...orders[0]!, number: 1666, buyer: refusedBuyer as never });
});

afterAll(async () => {
  await academy?.stop();
});

/** A view whose rows cannot all be read: Postgres says so with the e-mail in its message. */
const brokenView = `create view crm.person_view as select * from crm.person
  where person_no <> 720 or length(mail::int::text) > 0`;
const rightView = 'create or replace view crm.person_view as select * from crm.person';

async function plantFaults(): Promise<void> {
  const person = many[3]!;
  const echo = `no such contact: ${person.mail} (${person.nachname}, ${person.telefon})`;
  academy.shop.failureBody = JSON.stringify({ error: echo });
  academy.shop.answerWith = 500;
  const faults = [
    { do: 'status', status: 500, body: { status: 'error', message: echo } },
    { do: 'html' },
    { do: 'resetAfterCommit' },
    { do: 'truncatedAfterCommit' },
    { do: 'partial207', failEvery: 3 },
    {
      do: 'status',
      status: 429,
      headers: { 'Retry-After': '1' },
      body: { message: echo, errorType: 'RATE_LIMIT', policyName: 'TEN_SECONDLY_ROLLING' },
    },
    { do: 'status', status: 400, body: { status: 'error', category: 'VALIDATION_ERROR', message: echo } },
  ];
  for (const fault of faults) {
    const order = { ...fault, match: { path: 'batch/(upsert|update)', times: 1 } };
    await orderFault(academy.simulatorUrl, order);
  }
  await orderFault(academy.simulatorUrl, {
    do: 'status',
    status: 500,
    body: echo,
    match: { path: 'associations', method: 'POST', times: 1 },
  });
  await orderFault(academy.simulatorUrl, {
    do: 'status',
    status: 500,
    body: echo,
    match: { path: 'objects', method: 'GET', times: 1 },
  });
}

test('no personal data and no secret reaches Temporal or a log, with failures planted in every stage', async () => {
  await changeCrm(academy, brokenView);
  await plantFaults();
  expect(await academy.sync()).toMatchObject({ state: 'failed' });
  await changeCrm(academy, rightView);
  const run = academy.sync();
  const until = async (pattern: RegExp) => {
    const end = Date.now() + 120_000;
    while (!pattern.test(await academy.workerLogs())) {
      if (Date.now() > end) throw new Error(`no line ${String(pattern)} in the logs`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await until(/answered 500/);
  academy.shop.answerWith = null;
  expect(await run).toMatchObject({ state: 'succeeded' });

  // The faults were met, and the rest was delivered.
  const { faults } = await readReport(academy.simulatorUrl);
  expect(faults.filter(({ hits }) => hits === 0)).toEqual([]);
  const portal = await viewPortal(academy.simulatorUrl);
  expect(
    portal.records('contacts', ['lastname']).filter(({ lastname }) => lastname!.startsWith('Pommeroy')),
  ).toHaveLength(40);
  const problems = await openProblems(academy.pool);
  expect(problems).toContain('shop.orders 1666 - defect');
  expect(problems).toContain(`crm.people ${refusedKey.slice(0, 100)}… - unreadable`);

  const { text, executions, events } = await temporalText(academy.temporal);
  expect(executions).toBeGreaterThan(5);
  expect(events).toBeGreaterThan(100);
  // The text does hold what was told: the search below looks at the right thing.
  const told = [
    'answered 500',
    'crm.people',
    'consolidate due contacts',
    'TributarySource',
    'runId',
    'Postgres: a value does not fit its column',
  ];
  expect(told.filter((part) => !text.includes(part))).toEqual([]);
  const logs = await academy.workerLogs();
  for (const event of ['activity_failed', 'delivered', 'associated'])
    expect(logs).toContain(`"event":"${event}"`);
  expect(leaksIn(`x%20${many[5]!.mail!} +49 170 9910685`)).toHaveLength(4);
  expect(leaksIn(text)).toEqual([]);
  expect(leaksIn(logs)).toEqual([]);
  expect((await longestHistory(academy.temporal)).events).toBeLessThan(4_096);
});

function leaksIn(text: string): string[] {
  const folded = text.toLowerCase();
  // However a phone number is written.
  const digits = text.replace(/(?<=[0-9])[\s().-]+(?=[0-9])/g, '');
  const words = many.flatMap(({ mail, vorname, nachname }) => [
    mail!,
    mail!.split('@')[0]!,
    vorname!,
    nachname!,
  ]);
  const hand = [
    'anna.mueller',
    'bernd@',
    'dora@',
    'Müller',
    'Conrad',
    'Đorđević',
    'vriendelijk',
    'beispiel.example',
  ];
  const secrets = ['pat-academy', 'shop-password', refusedKey.slice(0, 40), refusedBuyer.slice(0, 40)];
  const basic = Buffer.from('reader:shop-password').toString('base64');
  const found = [...words, ...hand, ...secrets, basic].filter((word) => folded.includes(word.toLowerCase()));
  const phones = [...many, ...people].flatMap(({ telefon }) => telefon!.replace(/[^0-9]/g, '').slice(-9));
  return [...found, ...phones.filter((phone) => phone.length === 9 && digits.includes(phone))];
}
