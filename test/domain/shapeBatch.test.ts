import fc from 'fast-check';
import { shapeBatches, type RecordChange } from '../../src/domain/delivery/shapeBatch';

function change(goldenId: string, recordId: string | null, email?: string): RecordChange {
  return { goldenId, recordId, properties: email === undefined ? { firstname: 'Ann' } : { email } };
}

function ids(changes: RecordChange[], limit?: number, unique?: string[]): string[] {
  return shapeBatches(changes, limit, unique).map(
    ({ operation, inputs }) => `${operation}:${inputs.map((i) => i.goldenId).join()}`,
  );
}

test('creations and updates go apart, in their order, up to the limit', () => {
  const changes = [
    change('1', null),
    change('2', 'r2'),
    change('3', null),
    change('4', null),
    change('5', 'r5'),
  ];
  expect(ids(changes, 2)).toEqual(['create:1,3', 'create:4', 'update:2,5']);
  expect(ids([])).toEqual([]);
  expect(
    shapeBatches(Array.from({ length: 250 }, (_, i) => change(String(i), null))).map(
      ({ inputs }) => inputs.length,
    ),
  ).toEqual([100, 100, 50]);
});

test('one record or one e-mail address comes once per batch, whatever its case', () => {
  expect(ids([change('1', 'r'), change('2', 'r')], 10)).toEqual(['update:1', 'update:2']);
  expect(
    ids([change('1', null, 'a@x.org'), change('2', null, ' A@X.ORG'), change('3', null, 'b@x.org')], 10),
  ).toEqual(['create:1,3', 'create:2']);
  expect(ids([change('1', 'r1', ''), change('2', 'r2', '')], 10)).toEqual(['update:1,2']);
});

test('other unique properties can be named', () => {
  const same = ['1', '2'].map((id) => ({ goldenId: id, recordId: null, properties: { exam_id: 'E1' } }));
  expect(ids(same, 10)).toEqual(['create:1,2']);
  expect(ids(same, 10, ['exam_id'])).toEqual(['create:1', 'create:2']);
});

test('a limit below one is refused', () => {
  expect(() => shapeBatches([], 0)).toThrow(RangeError);
});

const anyChanges = fc.array(
  fc.tuple(
    fc.option(fc.integer({ min: 1, max: 40 })),
    fc.option(fc.constantFrom('a@x', 'A@x', 'b@x', 'c@x')),
  ),
  { maxLength: 60 },
);
const limits = fc.integer({ min: 1, max: 12 });

function built(list: [number | null, string | null][]): RecordChange[] {
  return list.map(([record, email], i) =>
    change(String(i), record === null ? null : `r${record}`, email ?? undefined),
  );
}

test('every change comes exactly once, and no batch repeats a record or an e-mail address', () => {
  fc.assert(
    fc.property(anyChanges, limits, (list, limit) => {
      const batches = shapeBatches(built(list), limit);
      const all = batches.flatMap(({ inputs }) => inputs.map(({ goldenId }) => Number(goldenId)));
      expect(all.sort((a, b) => a - b)).toEqual(list.map((_, i) => i));
      for (const { operation, inputs } of batches) {
        expect(inputs.length).toBeGreaterThan(0);
        expect(inputs.length).toBeLessThanOrEqual(limit);
        expect(inputs.every(({ recordId }) => (recordId === null) === (operation === 'create'))).toBe(true);
        const records = inputs.flatMap(({ recordId }) => (recordId === null ? [] : [recordId]));
        const emails = inputs.flatMap(({ properties }) =>
          properties['email'] ? [properties['email'].toLowerCase()] : [],
        );
        expect(new Set(records).size).toBe(records.length);
        expect(new Set(emails).size).toBe(emails.length);
      }
    }),
    { numRuns: 500 },
  );
});

test('without conflicts no call is wasted', () => {
  const distinct = fc.array(fc.boolean(), { maxLength: 60 });
  fc.assert(
    fc.property(distinct, limits, (isNew, limit) => {
      const changes = isNew.map((created, i) => change(String(i), created ? null : `r${i}`, `p${i}@x`));
      const created = isNew.filter(Boolean).length;
      expect(shapeBatches(changes, limit)).toHaveLength(
        Math.ceil(created / limit) + Math.ceil((isNew.length - created) / limit),
      );
    }),
  );
});

test('pairs that conflict cost no call while there are two batches anyway', () => {
  const pairs = Array.from({ length: 150 }, (_, i) => change(String(i), null, `p${i % 75}@x`));
  expect(shapeBatches(pairs)).toHaveLength(2);
});
