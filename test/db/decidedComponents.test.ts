import { identifySlice, type Touched } from '../../src/activities/consolidate/identifySlice';
import { saveDecisions } from '../../src/db/golden/identityDecisions';
import { saveMapped } from '../../src/db/golden/mappedRecords';
import { inTransaction } from '../../src/db/pool';
import type { RecordRef } from '../../src/domain/record';
import type { ObjectRules } from '../../src/domain/rules';
import { testDatabase } from '../support/testDatabase';

const portal = '100';
const rules: ObjectRules = {
  objectType: 'contacts',
  fields: [],
  identity: {
    rules: [{ name: 'email', fields: ['email'], fold: 'email' }],
    maxSharers: 3,
    notEvidence: [],
    neverJoin: [],
  },
  requiredAny: [],
  whenArchived: 'leave',
  configNumber: 1,
};
const ref = (key: string): RecordRef => ({ source: 'club', stream: 'members', key });
const untouched: Touched = { refs: [], removed: [], changes: [], goldenIds: [], sharersBefore: {} };

const { pool } = testDatabase({ per: 'test' });
beforeEach(async () => {
  const records = ['a', 'b', 'c'].map((key) => ({ ...ref(key), fields: {}, keys: [`email:${key}@x.org`] }));
  await saveMapped(pool, portal, 'contacts', 1, records);
});

const decide = (kind: 'together' | 'apart', left: string, right: string) =>
  saveDecisions(pool, portal, 'contacts', [{ kind, left: [ref(left)], right: [ref(right)], moves: false }], {
    reviewId: '1',
    who: 'test',
    note: null,
  });
const identify = (touched: Partial<Touched>) =>
  inTransaction(pool, (tx) => identifySlice(tx, portal, rules, { ...untouched, ...touched }));
const keysOf = (component: Awaited<ReturnType<typeof identify>>) =>
  [...component.records.values()].map(({ key }) => key).sort();

test('a slice loads what a person decided to be one with its records, step by step', async () => {
  await decide('together', 'a', 'b');
  await decide('together', 'c', 'b');
  const component = await identify({ refs: [ref('a')] });
  expect(keysOf(component)).toEqual(['a', 'b', 'c']);
  expect(component.answer.clusters.map(({ members }) => members.map(({ key }) => key))).toEqual([
    ['a', 'b', 'c'],
  ]);
});

test('a record that is gone has what was one with it looked at again', async () => {
  await decide('together', 'a', 'b');
  expect(keysOf(await identify({ removed: [ref('a')] }))).toEqual(['a', 'b']);
});

test('what was decided to be apart, or in another portal, is not loaded for it', async () => {
  await decide('apart', 'a', 'b');
  await pool.query(
    `insert into identity_decisions (portal_id, object_type, kind, left_keys, right_keys, who)
     select 200, object_type, 'together', left_keys, right_keys, who from identity_decisions`,
  );
  expect(keysOf(await identify({ refs: [ref('a')] }))).toEqual(['a']);
});

test('a decision that another one ended is heeded no more', async () => {
  await decide('together', 'a', 'b');
  await decide('apart', 'b', 'a');
  expect(keysOf(await identify({ refs: [ref('a')] }))).toEqual(['a']);
});
