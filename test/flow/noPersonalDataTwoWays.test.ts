import { retryProblems } from '../../src/db/problems/problemActions';
import { resumeTargets } from '../../src/db/delivery/targets';
import { control, exportedRecords } from '../support/simulatorControl';
import { until } from '../support/until';
import { shortClaims } from './crashRiver';
import { startDeskRiver, type DeskRiver } from './deskRiver';
import { settled } from './settled';
import { tellInbox } from './tellInbox';
import { temporalText } from './temporalText';

/** Words that occur nowhere else in this world, so that every hit is a leak. */
const words = ['Quillfeather', 'Oxenholme', 'Zwartsluis', 'Yssingeaux', 'quaxville'];
const phones = ['2079460958', '2079460777'];

let river: DeskRiver;
beforeAll(async () => {
  river = await startDeskRiver({ ...shortClaims, LOG_LEVEL: 'debug' });
  // A trigger of the club's that quotes the row in a failure of the call, and one in a refusal.
  await river.club(
    `create function quote_row() returns trigger language plpgsql as $$ begin
       if new.city = 'Oxenholme' then
         raise exception 'locked: %', new.name using errcode = '55000', detail = row_to_json(new)::text, hint = new.city;
       end if;
       if new.city = 'Zwartsluis' then raise exception 'forbidden: %', row_to_json(new); end if;
       return new;
     end $$;
     create trigger quote_row before update on members for each row execute function quote_row()`,
  );
});
afterAll(() => river?.stop());

const contactOf = async (email: string) =>
  (await exportedRecords(river.simulatorUrl, 'contacts')).find(
    ({ properties }) => properties['email'] === email,
  )!.id;
const logged = (pattern: RegExp) =>
  until(
    () => river.workerLogs(),
    (text) => pattern.test(text),
  );

test('what goes two ways leaves no personal data in Temporal or a log, with failures that quote it', async () => {
  await river.addMembers(
    { id: 1, email: 'ann@quaxville.example', name: 'Ann Quillfeather', phone: '+442079460958' },
    { id: 2, email: 'bo@quaxville.example', name: 'Bo Quillfeather' },
    { id: 3, email: 'cy@quaxville.example', name: 'Cy Quillfeather', city: 'Yssingeaux' },
  );
  river.desk.put(
    { ref: 'ann@quaxville.example', mail: 'ann@quaxville.example', address: { city: 'Oxenholme' } },
    { ref: 'bo@quaxville.example', mail: 'bo@quaxville.example', address: { city: 'Zwartsluis' } },
    { ref: 'cy@quaxville.example', mail: 'cy@quaxville.example', tel: '+442079460777' },
  );
  // Its answers quote what they are sent: a failure of the call, and a refusal.
  let answers = 0;
  river.desk.refuse = (ref) => {
    answers += 1;
    return answers < 3 ? { status: 500 } : ref.startsWith('cy') ? { status: 422 } : null;
  };
  await river.startSync();
  await logged(/55000/);
  await logged(/answered 500/);
  await logged(/target_paused/);
  await river.club('drop trigger quote_row on members');
  await until(
    () => river.pool.query(`select from problems where target = 'desk' and closed_at is null`),
    ({ rowCount }) => rowCount === 1,
  );

  // Records that sources push: one that is well, one that cannot be mapped.
  const pushed = (key: string, payload: object) => ({
    ...{ kind: 'pushed' as const, source: 'desk', stream: 'callers', key, payload: payload as never },
  });
  await tellInbox(river, [
    pushed('dee@quaxville.example', { mail: 'dee@quaxville.example', address: { city: 'Oxenholme' } }),
    pushed('eve@quaxville.example', { mail: 'eve Quillfeather', tel: 'Zwartsluis', quiet: 'Yssingeaux' }),
  ]);
  // A person's edit in HubSpot, and one who is erased.
  const [ann, cy] = [await contactOf('ann@quaxville.example'), await contactOf('cy@quaxville.example')];
  const edit = { objectType: 'contacts', id: ann, properties: { city: 'Quillfeather Hall' } };
  await control(river.simulatorUrl, 'edit', edit);
  await tellInbox(river, [
    { kind: 'changed', key: ann },
    { kind: 'privacyDeleted', key: cy },
  ]);
  await settled(river.pool);
  river.desk.refuse = () => null;
  await retryProblems(river.pool, river.portalId, { filter: {} });
  await resumeTargets(river.pool, river.portalId);
  await river.sync({ full: true });

  const { text } = await temporalText(river.temporal);
  const logs = await river.workerLogs();
  expect(['sendWriteBacks', 'receiveSlice', 'answered 500'].filter((part) => !text.includes(part))).toEqual(
    [],
  );
  expect(['target_paused', 'activity_failed', '55000'].filter((part) => !logs.includes(part))).toEqual([]);
  expect(leaksIn('Ann QUILLFEATHER, 020 7946 0958')).toHaveLength(2);
  expect(leaksIn(text)).toEqual([]);
  expect(leaksIn(logs)).toEqual([]);
});

/** Each with what stands around it. */
function leaksIn(text: string): string[] {
  const digits = text.replace(/(?<=[0-9])[\s().-]+(?=[0-9])/g, '');
  const around = (within: string, at: number) => within.slice(Math.max(0, at - 120), at + 60);
  const found = (within: string, word: string) => {
    const at = within.toLowerCase().indexOf(word.toLowerCase());
    return at < 0 ? [] : [around(within, at)];
  };
  return [...words.flatMap((word) => found(text, word)), ...phones.flatMap((phone) => found(digits, phone))];
}
