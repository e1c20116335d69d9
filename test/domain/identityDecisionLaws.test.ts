import fc from 'fast-check';
import type { IdentityDecision } from '../../src/domain/identity/identityDecisions';
import { identityKeysOf } from '../../src/domain/identity/identityKeys';
import {
  limitsOf,
  similarTextOf,
  type IdentityAnswer,
  type IdentityRecord,
} from '../../src/domain/identity/identityRecord';
import type { RecordRef } from '../../src/domain/record';
import { resolveIdentity } from '../../src/domain/identity/resolveIdentity';
import type { IdentityRules } from '../../src/domain/rules';
import { ref } from './identityPeople';
import { runSlices, sharersOf, type RecordChange } from './identitySlices';

/** Laws that hold under any decisions, however they contradict each other. */
const rules: IdentityRules = {
  rules: [
    { name: 'email', fields: ['email'], fold: 'email' },
    { name: 'card', fields: ['card'], fold: 'exact' },
  ],
  maxSharers: 2,
  notEvidence: [],
  neverJoin: ['exam'],
};
const newGoldenId = (record: RecordRef, attempt: number) => `${record.source}${record.key}#${attempt}`;
const nameOf = (record: RecordRef) => `${record.source === 'hubspot' ? 'h' : record.source}${record.key}`;
const names = ['a0', 'a1', 'a2', 'a3', 'b0', 'b1', 'b2', 'c0', 'h0', 'h1', 'h2'];

const values = fc.record({
  email: fc
    .subarray(['a@x.org', 'b@x.org', 'c@x.org', 'd@x.org'], { maxLength: 2 })
    .map((all) => all.join(';')),
  card: fc.constantFrom('', '', '1', '2'),
  exam: fc.constantFrom('', '', '', '1', '2'),
});
const record = (name: string): fc.Arbitrary<IdentityRecord> =>
  values.map((held) => ({
    ...ref(name),
    anchor: name.startsWith('h'),
    tributaryId: null,
    keys: identityKeysOf(held, rules),
    similarText: similarTextOf(held, rules),
    limits: limitsOf(held, rules),
    goldenId: null,
    fixed: false,
  }));
const population = fc.subarray(names, { minLength: 1 }).chain((picked) => fc.tuple(...picked.map(record)));
const decision: fc.Arbitrary<IdentityDecision> = fc
  .tuple(
    fc.constantFrom<IdentityDecision['kind']>('together', 'apart', 'apart'),
    fc.shuffledSubarray(names, { minLength: 2, maxLength: 4 }),
    fc.integer({ min: 1, max: 2 }),
    fc.nat(3),
    fc.boolean(),
  )
  .map(([kind, picked, cut, minute, moves]) => ({
    kind,
    left: picked.slice(0, Math.min(cut, picked.length - 1)).map(ref),
    right: picked.slice(Math.min(cut, picked.length - 1)).map(ref),
    decidedAt: `2026-03-01T10:0${minute}:00.000Z`,
    moves: moves && kind === 'together',
  }));
const decisions = fc.array(decision, { maxLength: 4 });

function answerOf(
  records: readonly IdentityRecord[],
  made: readonly IdentityDecision[],
  heldBy: Record<string, string> = {},
): IdentityAnswer {
  return resolveIdentity({ records, sharers: {}, rules, newGoldenId, heldBy, decisions: made });
}

/** The answer as the database keeps it once delivered: every cluster is a golden record that HubSpot has. */
function delivered(records: readonly IdentityRecord[], answer: IdentityAnswer) {
  const links = new Map(answer.clusters.flatMap((c) => c.members.map((m) => [nameOf(m), c.goldenId])));
  const heldBy = Object.fromEntries(
    answer.clusters.map(({ goldenId, anchor }) => [goldenId, anchor?.key ?? `new of ${goldenId}`]),
  );
  const fixed = records.map((one) => {
    const goldenId = links.get(nameOf(one)) ?? null;
    return { ...one, goldenId, fixed: goldenId !== null };
  });
  return { fixed, heldBy };
}

/**
 * The seed is random; a failure prints `{ seed, path }`, which put here runs it again. Whoever changes identity raises
 * this to 20,000 once, for several seeds: some faults show only once in tens of thousands of runs.
 */
const runs = { numRuns: 600 };

test('neither the order of the records nor of the decisions changes anything', () => {
  const shuffled = fc
    .tuple(population, decisions)
    .chain(([records, made]) =>
      fc.tuple(
        fc.constant([records, made] as const),
        fc.shuffledSubarray(records, { minLength: records.length }),
        fc.shuffledSubarray(made, { minLength: made.length }),
      ),
    );
  fc.assert(
    fc.property(shuffled, ([[records, made], otherRecords, otherMade]) =>
      expect(answerOf(otherRecords, otherMade)).toEqual(answerOf(records, made)),
    ),
    runs,
  );
});

test('one to one holds under any decisions, and every source record is in one cluster or waits', () => {
  fc.assert(
    fc.property(population, decisions, (records, made) => {
      const { clusters, waiting } = answerOf(records, made);
      for (const { members } of clusters) {
        expect(members.filter(({ source }) => source === 'hubspot').length).toBeLessThanOrEqual(1);
      }
      const ids = clusters.map(({ goldenId }) => goldenId);
      expect(new Set(ids).size).toBe(ids.length);
      const placed = [...clusters.flatMap(({ members }) => members), ...waiting].map(nameOf).sort();
      expect(new Set(placed).size).toBe(placed.length);
      for (const one of records) if (!one.anchor) expect(placed).toContain(nameOf(one));
    }),
    runs,
  );
});

test('what was decided to be apart is apart', () => {
  fc.assert(
    fc.property(population, decisions, (records, made) => {
      const { clusters } = answerOf(records, made);
      for (const { kind, left, right } of made) {
        if (kind !== 'apart') continue;
        for (const { members } of clusters) {
          const inside = members.map(nameOf);
          const both = [left, right].every((side) => side.some((one) => inside.includes(nameOf(one))));
          expect(both).toBe(false);
        }
      }
    }),
    runs,
  );
});

test('what was decided to be one is one, waits together, or is asked with a reason', () => {
  fc.assert(
    fc.property(population, decisions, (records, made) => {
      const { clusters, waiting, reviews } = answerOf(records, made);
      const here = new Set(records.map(nameOf));
      const placeOf = (name: string) => {
        const cluster = clusters.findIndex(({ members }) => members.some((one) => nameOf(one) === name));
        return cluster >= 0 ? cluster : waiting.some((one) => nameOf(one) === name) ? 'waits' : name;
      };
      const hints = reviews.filter(({ reason }) => reason.startsWith('It was decided'));
      for (const { kind, left, right } of made) {
        const [mine, others] = [left, right].map((side) => side.map(nameOf).filter((name) => here.has(name)));
        if (kind !== 'together' || !mine!.length || !others!.length) continue;
        const places = new Set([...mine!, ...others!].map(placeOf));
        const involved = new Set(hints.flatMap(({ parts }) => parts.flat().map(nameOf)));
        const asked = [...mine!, ...others!].some((name) => involved.has(name));
        expect(places.size === 1 || asked || [...places].includes('waits')).toBe(true);
      }
    }),
    runs,
  );
});

test('the answer, once delivered, resolves to itself', () => {
  fc.assert(
    fc.property(population, decisions, (records, made) => {
      const first = answerOf(records, made);
      const { fixed, heldBy } = delivered(records, first);
      const second = answerOf(fixed, made, heldBy);
      const shape = ({ clusters, waiting, reviews }: IdentityAnswer) => ({
        clusters: clusters.map(({ goldenId, members }) => [goldenId, members.map(nameOf)]),
        waiting,
        hints: reviews.filter(({ reason }) => reason.startsWith('It was decided')).length,
      });
      expect(shape(second)).toEqual(shape(first));
    }),
    runs,
  );
});

test('a decision that is made later leads where one made before would have led, slice by slice', () => {
  const history = fc.array(
    fc
      .constantFrom(...names)
      .chain((name) =>
        fc.option(record(name), { nil: null, freq: 6 }).map((one): RecordChange => ({ name, record: one })),
      ),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(history, decisions, fc.integer({ min: 1, max: 6 }), (changes, made, size) => {
      const slices: RecordChange[][] = [];
      for (let from = 0; from < changes.length; from += size) {
        const latest = new Map(changes.slice(from, from + size).map((change) => [change.name, change]));
        slices.push([...latest.values()]);
      }
      const { store } = runSlices(slices, rules, newGoldenId, made);
      const fresh = [...store.values()].map((one) => ({ ...one, goldenId: null }));
      const sharers = Object.fromEntries(
        fresh.flatMap((one) => one.keys.map(({ key }) => [key, sharersOf(store, key)])),
      );
      const whole = resolveIdentity({ records: fresh, sharers, rules, newGoldenId, decisions: made });
      const expected = Object.fromEntries([...store.keys()].map((name) => [name, null as string | null]));
      for (const { goldenId, members } of whole.clusters)
        for (const member of members) expected[nameOf(member)] = goldenId;
      expect(Object.fromEntries([...store].map(([name, one]) => [name, one.goldenId]))).toEqual(expected);
    }),
    runs,
  );
});
