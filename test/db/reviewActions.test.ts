import { loadDecisions } from '../../src/db/golden/identityDecisions';
import { decideReview } from '../../src/db/problems/reviewActions';
import { countReviews, listReviews, showReview } from '../../src/db/problems/reviewQueries';
import { replaceReviews, type ReviewInput } from '../../src/db/problems/reviews';
import type { RecordRef } from '../../src/domain/record';
import { testDatabase } from '../support/testDatabase';

const portal = '100';
const by = { who: 'test', note: 'asked them' };
const { pool } = testDatabase({ per: 'test' });

const azure = (key: string): RecordRef => ({ source: 'azure', stream: 'customers', key });
const hubspot = (key: string): RecordRef => ({ source: 'hubspot', stream: 'contacts', key });
const ambiguous: ReviewInput = {
  kind: 'ambiguous',
  reason: 'nothing tells which one it is',
  records: [azure('a1')],
  anchors: [hubspot('7'), hubspot('8')],
  parts: [[azure('a1')], [azure('b1'), hubspot('7')], [hubspot('8')]],
  goldenIds: [],
};

beforeEach(async () => {
  for (const { source, stream, key } of ambiguous.parts.flat()) {
    await pool.query(
      `insert into staged_records (portal_id, source, stream, record_key, object_type, payload, payload_hash)
       values (100, $1, $2, $3, 'contacts', '{}', 'h')`,
      [source, stream, key],
    );
    await pool.query(
      `insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, config_number)
       values (100, $1, $2, $3, 'contacts', '{"city": {"value": "York", "at": "2026-03-01T00:00:00.000Z"}}', '{}', 1)`,
      [source, stream, key],
    );
  }
});

const ask = (reviews: ReviewInput[], around = ambiguous.parts.flat()) =>
  replaceReviews(pool, portal, 'contacts', 'r1', around, reviews);
const reviewId = async () => (await listReviews(pool, portal, {}, 10))[0]!.reviewId;
const inForce = () => loadDecisions(pool, portal, 'contacts', ambiguous.parts.flat());
const kinds = async () =>
  (await inForce()).map(({ kind, left, right, moves }) => ({
    kind,
    left: left.map(({ key }) => key),
    right: right.map(({ key }) => key),
    moves,
  }));

describe('deciding', () => {
  beforeEach(() => ask([ambiguous]));

  test('to keep apart remembers it against each HubSpot record, and makes the records due', async () => {
    const outcome = await decideReview(pool, portal, await reviewId(), { how: 'apart' }, by);
    expect(outcome).toEqual({
      ok: true,
      objectType: 'contacts',
      decisions: 2,
      due: 4,
      bells: [{ lane: 'consolidate', objectType: 'contacts' }],
    });
    expect(await kinds()).toEqual([
      { kind: 'apart', left: ['a1'], right: ['7'], moves: false },
      { kind: 'apart', left: ['a1'], right: ['8'], moves: false },
    ]);
  });

  test('to link moves it to the record, and away from the others', async () => {
    await decideReview(pool, portal, await reviewId(), { how: 'link', recordId: '8' }, by);
    expect(await kinds()).toEqual([
      { kind: 'together', left: ['a1'], right: ['8'], moves: true },
      { kind: 'apart', left: ['a1'], right: ['7'], moves: false },
    ]);
  });

  test('anew ends what it contradicts, and keeps it as history', async () => {
    await decideReview(pool, portal, await reviewId(), { how: 'apart' }, by);
    await decideReview(pool, portal, await reviewId(), { how: 'link', recordId: '7' }, by);
    expect(await kinds()).toEqual([
      { kind: 'together', left: ['a1'], right: ['7'], moves: true },
      { kind: 'apart', left: ['a1'], right: ['8'], moves: false },
    ]);
    await decideReview(pool, portal, await reviewId(), { how: 'link', recordId: '8' }, by);
    await decideReview(pool, portal, await reviewId(), { how: 'join' }, by);
    // To be all of them contradicts that it is not the first one.
    expect((await kinds()).map(({ kind, right }) => [kind, right])).toEqual([
      ['together', ['7']],
      ['together', ['8']],
    ]);
    const { decisions } = (await showReview(pool, portal, await reviewId()))!;
    expect(decisions.some((one) => !one.inForce)).toBe(true);
    expect(decisions[0]).toMatchObject(by);
  });

  test('the same again adds nothing that is in force', async () => {
    await decideReview(pool, portal, await reviewId(), { how: 'apart' }, by);
    await decideReview(pool, portal, await reviewId(), { how: 'apart' }, by);
    expect(await inForce()).toHaveLength(2);
  });

  test.each([
    ['a review that is none', '999', { how: 'join' } as const, 'unknownReview'],
    ['a HubSpot record that is none', '1', { how: 'link', recordId: '99' } as const, 'unknownRecord'],
    [
      'a record of another source as HubSpot record',
      '1',
      { how: 'link', recordId: 'a1' } as const,
      'unknownRecord',
    ],
  ])('%s is refused', async (_what, id, answer, why) => {
    expect(await decideReview(pool, portal, id, answer, by)).toEqual({ ok: false, why });
    expect(await inForce()).toEqual([]);
  });

  test('a closed review is refused', async () => {
    const id = await reviewId();
    await ask([]);
    expect(await decideReview(pool, portal, id, { how: 'join' }, by)).toEqual({ ok: false, why: 'closed' });
  });
});

describe('a review', () => {
  test('that no longer holds is closed, by its decision where there is one', async () => {
    await ask([ambiguous]);
    const id = await reviewId();
    await decideReview(pool, portal, id, { how: 'apart' }, by);
    expect(await countReviews(pool, portal, {})).toBe(1);
    await ask([]);
    expect(await showReview(pool, portal, id)).toMatchObject({
      decision: 'apart',
      closedAt: expect.any(Date),
    });
    await ask([ambiguous]);
    const again = await reviewId();
    expect(again).not.toBe(id);
    await ask([], [hubspot('8')]);
    expect(await showReview(pool, portal, again)).toMatchObject({ decision: 'no longer true' });
  });

  test('that still holds stays the same one and says why', async () => {
    await ask([ambiguous]);
    const id = await reviewId();
    await ask([{ ...ambiguous, reason: 'merge them in HubSpot' }]);
    expect(await listReviews(pool, portal, {}, 10)).toMatchObject([
      { reviewId: id, reason: 'merge them in HubSpot' },
    ]);
  });

  test('about HubSpot records alone is not taken for another one', async () => {
    const twins = (one: string, two: string): ReviewInput => ({
      ...ambiguous,
      kind: 'twoAnchors',
      records: [],
      anchors: [hubspot(one), hubspot(two)],
      parts: [[hubspot(one)], [hubspot(two)]],
    });
    await ask([twins('7', '8'), twins('7', '9')], [hubspot('7')]);
    expect(await listReviews(pool, portal, { kind: 'twoAnchors' }, 10)).toHaveLength(2);
    await ask([twins('7', '9')], [hubspot('7')]);
    expect(await listReviews(pool, portal, {}, 10)).toHaveLength(1);
  });

  test('shows the values of its records, part by part', async () => {
    await ask([ambiguous]);
    const { parts } = (await showReview(pool, portal, await reviewId()))!;
    expect(parts.map((part) => part.map(({ key, fields }) => [key, fields['city']?.value]))).toEqual([
      [['a1', 'York']],
      [
        ['b1', 'York'],
        ['7', 'York'],
      ],
      [['8', 'York']],
    ]);
  });
});
