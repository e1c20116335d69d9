import {
  linkAnchors,
  loadKnownStates,
  loadKnownWithIntents,
  saveReadArchived,
  saveReadStates,
} from '../../src/db/delivery/knownStates';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const [ann, bob, cleo] = [1, 2, 3].map((number) => `00000000-0000-4000-8000-00000000000${number}`) as [
  string,
  string,
  string,
];
const readBegan = new Date('2026-11-22T10:00:00Z');
const [earlier, later] = [new Date(readBegan.getTime() - 1_000), new Date(readBegan.getTime() + 1_000)];
const { pool } = testDatabase();

/** The same record ids and golden ids elsewhere: another portal's, another target's, another object type's. */
const elsewhere = [
  { portal: 200, target: 'hubspot', object: 'contacts' },
  { portal: 100, target: 'desk', object: 'contacts' },
  { portal: 100, target: 'hubspot', object: 'companies' },
];
const here = { portal: 100, target: 'hubspot', object: 'contacts' };

beforeEach(() => pool.query('truncate known_states, delivery_batches, intents cascade'));

interface State {
  record: string;
  golden?: string;
  kept?: Record<string, string>;
  sent?: Record<string, string>;
  edits?: object;
  readAt?: Date;
  settledAt?: Date;
  archived?: boolean;
}

/** Stores the states, and for each one elsewhere that holds something else. */
async function known(...states: State[]): Promise<void> {
  for (const place of [...elsewhere, here])
    for (const { record, golden, kept = {}, sent = {}, edits = {}, readAt, settledAt, archived } of states)
      await pool.query(
        `insert into known_states (portal_id, target, object_type, record_id, golden_id, kept, sent, edits, read_at, settled_at,
           archived) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
        [
          ...[place.portal, place.target, place.object, record, golden],
          ...[place === here ? kept : { ...kept, place }, sent, edits, readAt ?? earlier, settledAt],
          archived ?? false,
        ],
      );
}

const ofOurs = `portal_id = 100 and target = 'hubspot' and object_type = 'contacts'`;
const rowsOf = async (which: string, columns: string) =>
  (
    await pool.query<Record<string, unknown>>(
      `select ${columns} from known_states where ${which} order by record_id`,
    )
  ).rows;

/** Does something to our records; whatever has the same ids elsewhere stays as it is. */
async function nothingElsewhere<Result>(work: () => Promise<Result>): Promise<Result> {
  const others = () => rowsOf(`not (${ofOurs})`, '*');
  const inOrder = (rows: object[]) => rows.map((row) => JSON.stringify(row)).sort();
  const before = inOrder(await others());
  const result = await work();
  expect(inOrder(await others())).toEqual(before);
  return result;
}

test('states are found by record and by golden record, of their portal and object type, and each once', async () => {
  await known({ record: '1', golden: ann }, { record: '2', golden: bob }, { record: '3' });
  const find = async (by: Parameters<typeof loadKnownStates>[3]) =>
    (await loadKnownStates(pool, portalId, 'contacts', by)).map(({ recordId }) => recordId).sort();
  expect(await find({ recordIds: ['1', '3', '9'] })).toEqual(['1', '3']);
  expect(await find({ goldenIds: [bob, cleo] })).toEqual(['2']);
  expect(await find({ recordIds: ['1', '2'], goldenIds: [ann] })).toEqual(['1', '2']);
});

test('a read forgets of what changed that we sent it or who gave it, and nothing else', async () => {
  const edit = (value: string) => ({ value, at: earlier.toISOString(), by: 'CRM_UI' });
  await known({
    ...{ record: '1', golden: ann, kept: { city: 'York', zip: '1', unread: 'x' }, archived: true },
    ...{ sent: { city: 'York', zip: '01', unread: 'x' }, edits: { city: edit('York'), zip: edit('1') } },
  });
  const read = {
    recordId: '1',
    kept: { city: 'Bath', zip: '1', plan: 'b', tier: '2' },
    updatedAt: later.toISOString(),
  };
  const taken = await nothingElsewhere(() =>
    saveReadStates(
      pool,
      portalId,
      'contacts',
      [{ ...read, ours: { plan: 'b' }, edits: { tier: edit('2') as never } }],
      readBegan,
    ),
  );
  expect([...taken]).toEqual(['1']);
  const columns = 'golden_id, kept, sent, edits, record_updated_at, read_at, archived';
  expect(await rowsOf(ofOurs, columns)).toEqual([
    {
      ...{ golden_id: ann, kept: { city: 'Bath', zip: '1', unread: 'x', plan: 'b', tier: '2' } },
      ...{ sent: { zip: '01', unread: 'x', plan: 'b' }, edits: { zip: edit('1'), tier: edit('2') } },
      ...{ record_updated_at: later, read_at: readBegan, archived: false },
    },
  ]);
});

test.each([
  ['settled before the read began', { settledAt: earlier }, true],
  ['settled at that very moment', { settledAt: readBegan }, false],
  ['settled since', { settledAt: later }, false],
  ['never settled', {}, true],
  ['read at that very moment', { readAt: readBegan }, true],
  ['read since', { readAt: later }, false],
])('a state that was %s', async (_when, times, isOlder) => {
  await known({ record: '1', ...times });
  const ids = await nothingElsewhere(() =>
    saveReadStates(pool, portalId, 'contacts', [{ recordId: '1', kept: {}, updatedAt: null }], readBegan),
  );
  expect([...ids]).toEqual(isOlder ? ['1'] : []);
  await pool.query('truncate known_states');
  await known({ record: '1', ...times });
  const held = await nothingElsewhere(() => saveReadArchived(pool, portalId, 'contacts', ['1'], readBegan));
  expect([...held]).toEqual(isOlder ? [] : ['1']);
  const readAt = isOlder ? readBegan : ((times as State).readAt ?? earlier);
  expect(await rowsOf(ofOurs, 'archived, read_at')).toEqual([{ archived: isOlder, read_at: readAt }]);
});

/** An unsettled change of a record, or of a new one. */
async function flying(
  { portal, target, object }: (typeof elsewhere)[number],
  golden: string,
  record: string | null,
  phone: string,
): Promise<void> {
  await pool.query(
    `with batch as (
       insert into delivery_batches (portal_id, target, kind, object_type, operation, lane)
       values ($1, $2, 'records', $3, 'update', 2) returning batch_id)
     insert into intents (batch_id, golden_id, portal_id, object_type, record_id, properties, before, golden_version, lead_source)
     select batch_id, $4, $1, $3, $5, jsonb_build_object('phone', $6::text), '{}', 1, 'crm' from batch`,
    [portal, target, object, golden, record, phone],
  );
}

test('what is on its way to a record, or to a new one that bears our id, is told with what is known of it', async () => {
  for (const place of elsewhere) {
    await flying(place, ann, '1', 'elsewhere');
    await flying(place, bob, null, 'elsewhere');
    await flying(place, cleo, '4', 'elsewhere');
  }
  await known(
    { record: '1', golden: ann, kept: { city: 'York' } },
    { record: '3', archived: true },
    { record: '6' },
  );
  await pool.query(`delete from known_states where record_id = '6' and ${ofOurs}`);
  await flying(here, ann, '1', '+1');
  await flying(here, ann, '1', '+2');
  await flying(here, bob, null, '+3');
  // An update of Ann's record is none of a record that merely bears her id.
  await flying(here, cleo, '5', '+5');
  const asked = [
    { recordId: '1', goldenId: bob },
    { recordId: '2', goldenId: bob },
    { recordId: '3', goldenId: null },
    { recordId: '4', goldenId: cleo },
    { recordId: '6', goldenId: null },
  ];
  const told = await loadKnownWithIntents(pool, portalId, 'contacts', asked);
  for (const { intents } of told.values()) intents.sort((a, b) => (a['phone']! < b['phone']! ? -1 : 1));
  expect(Object.fromEntries(told)).toEqual({
    1: {
      kept: { city: 'York' },
      intents: [{ phone: '+1' }, { phone: '+2' }, { phone: '+3' }],
      archived: false,
    },
    2: { kept: null, intents: [{ phone: '+3' }], archived: false },
    3: { kept: {}, intents: [], archived: true },
  });
});

test('links can be exchanged, moved and taken away in one go, one to one', async () => {
  await known(
    { record: '1', golden: ann },
    { record: '2', golden: bob },
    { record: '3', golden: cleo },
    { record: '4' },
  );
  await nothingElsewhere(() =>
    linkAnchors(pool, portalId, 'contacts', [
      { recordId: '1', goldenId: bob },
      { recordId: '2', goldenId: ann },
      { recordId: '3', goldenId: null },
      { recordId: '4', goldenId: cleo },
    ]),
  );
  expect((await rowsOf(ofOurs, 'golden_id')).map((row) => row['golden_id'])).toEqual([bob, ann, null, cleo]);
  await linkAnchors(pool, portalId, 'contacts', [
    { recordId: '3', goldenId: ann },
    { recordId: '2', goldenId: null },
  ]);
  expect((await rowsOf(ofOurs, 'golden_id')).map((row) => row['golden_id'])).toEqual([bob, null, ann, cleo]);
});
