import { readFile } from 'node:fs/promises';
import { replaced, secondConfig, startAcademy, type Academy } from './academy';
import { orders } from './academyWorld';
import { changeCrm, contact, succeed, writesOf } from './academySteps';
import { openProblems, viewPortal } from './portalView';

let academy: Academy;
let text: string;

beforeAll(async () => {
  text = await readFile(secondConfig, 'utf8');
  academy = await startAcademy({ change: () => gone('keep', 50) });
  await succeed(academy);
});

afterAll(async () => {
  await academy?.stop();
});

function gone(whenGone: string, maxGonePercent: number): string {
  const limited = replaced(text, 'maxGonePercent: 50', `maxGonePercent: ${maxGonePercent}`);
  return replaced(limited, 'whenGone: withdraw', `whenGone: ${whenGone}`);
}

const fields = ['crm_person_no', 'email', 'lastname', 'tributary_id'];
const named = async () => (await viewPortal(academy.simulatorUrl)).records('contacts', ['lastname']);

test('keep: nothing happens', async () => {
  await changeCrm(academy, 'delete from crm.person where person_no = 4');
  expect(await writesOf(academy, () => succeed(academy, true))).toBe(0);
  expect(await contact(academy, '4')).toMatchObject({ lastname: 'Đorđević' });
});

test('more than maxGonePercent needs a person first', async () => {
  await academy.restartWith(gone('withdraw', 5));
  expect(await writesOf(academy, () => succeed(academy, true))).toBe(0);
  expect(await openProblems(academy.pool)).toContain('crm.people - - goneLimit');
});

test('withdraw: what we wrote is taken back, the HubSpot record stays', async () => {
  await academy.restartWith(gone('withdraw', 50));
  await succeed(academy, true);
  const portal = await viewPortal(academy.simulatorUrl);
  expect(portal.count('contacts')).toBe(4);
  const emptied = portal.records('contacts', fields).find((record) => record['crm_person_no'] === '');
  expect(emptied).toMatchObject({ email: '', lastname: '' });
  expect(emptied!['tributary_id']).not.toBe('');
  const course = { objectType: 'courses', name: 'course_title' };
  expect(portal.associations(course, { objectType: 'contacts', name: 'crm_person_no' })).toEqual([
    'Python für Anfänger -> 1: own',
    'Python für Anfänger -> 2: own',
  ]);
  const problems = await openProblems(academy.pool);
  expect(problems).not.toContain('crm.people - - goneLimit');
  expect(problems).toContain('events.courses py|2 contacts waitingForParent');
});

test('withdrawn and back again: the values are written again', async () => {
  await changeCrm(
    academy,
    `insert into crm.person (person_no, mail, vorname, nachname, geaendert)
     values (4, 'dora@beispiel.example', 'Dora', 'Đorđević', now())`,
  );
  await succeed(academy, true);
  expect(await contact(academy, '4')).toMatchObject({
    email: 'dora@beispiel.example',
    lastname: 'Đorđević',
  });
  expect(await named()).toHaveLength(4);
});

test('archive: the HubSpot record is archived', async () => {
  await academy.restartWith(gone('archive', 50));
  await changeCrm(academy, 'delete from crm.person where person_no = 3');
  await succeed(academy, true);
  expect((await named()).map(({ lastname }) => lastname)).toEqual(['Böhm', 'Müller', 'Đorđević']);
  expect(await writesOf(academy, () => succeed(academy, true))).toBe(0);
});

test('a broken item of a list is one problem, on whichever page it stands, until it is gone', async () => {
  const broken = ['maintenance', null, { headline: 'an order without a number' }, null];
  const unreadable = async () =>
    (await openProblems(academy.pool)).filter((problem) => problem === 'shop.orders - - unreadable').length;
  // Two items to a page: the broken ones stand on three pages, and on others in the next read.
  const served = orders as unknown[];
  served.splice(1, 0, ...broken);
  await succeed(academy, true);
  expect(await unreadable()).toBe(3);
  await academy.pool.query(
    `update problems set closed_at = now(), closed_by = 'dismissed' where reason like '%is a string'`,
  );
  served.push(...served.splice(1, broken.length - 1));
  await succeed(academy);
  await succeed(academy, true);
  expect(await unreadable()).toBe(2);
  served.pop();
  await succeed(academy, true);
  expect(await unreadable()).toBe(1);
});
