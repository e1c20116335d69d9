import fc from 'fast-check';
import type { ChangedObject } from '../../src/domain/receive/readEvents';
import { fewestCalls, receiveParts, storedShares } from '../../src/domain/receive/receiveParts';

const object = (objectType: string, id: number, lane: number, isRead = true): ChangedObject => ({
  ...{ objectType, id: String(id), lane, isRead, isErased: false },
  ...{ associations: [], partners: [], merged: [], eventIds: [String(id)] },
});

const anyObjects = fc
  .array(
    fc.record({
      type: fc.constantFrom('contacts', 'deals'),
      lane: fc.constantFrom(0, 2),
      read: fc.boolean(),
    }),
    {
      maxLength: 3_000,
    },
  )
  .map((told) => told.map(({ type, lane, read }, index) => object(type, index, lane, read)));

test('parts hold every object once, and cost no call more than the whole', () => {
  fc.assert(
    fc.property(anyObjects, (objects) => {
      const parts = receiveParts(objects);
      const ids = parts.flatMap((part) => part.objects.map(({ id }) => Number(id)));
      expect(ids.sort((a, b) => a - b)).toEqual(objects.map(({ id }) => Number(id)));
      const calls = parts.map((part) => Math.ceil(part.objects.filter(({ isRead }) => isRead).length / 100));
      expect(calls.reduce((sum, each) => sum + each, 0)).toBe(fewestCalls(objects));
    }),
    { numRuns: 30 },
  );
});

test('what a person changed is read before what machines changed, of whatever type', () => {
  const machines = Array.from({ length: 1_200 }, (_, index) => object('contacts', index, 2));
  const people = [object('deals', 2_000, 0), object('contacts', 2_001, 0)];
  const parts = receiveParts([...machines, ...people]);
  expect(parts.map(({ isUrgent }) => isUrgent)).toEqual([
    ...[true, true],
    ...Array.from({ length: 6 }, () => false),
  ]);
  const calls = parts.map((part) => Math.ceil(part.objects.length / 100));
  expect(calls.reduce((sum, each) => sum + each, 0)).toBe(fewestCalls([...machines, ...people]));
  const urgent = parts.filter((part) => part.isUrgent).flatMap((part) => part.objects);
  expect(urgent.filter(({ lane }) => lane === 0)).toHaveLength(2);
});

test('what a person changed is stored before the echoes that were read with it, and what asks for more with them', () => {
  const objects = [
    object('contacts', 1, 2),
    object('contacts', 2, 0),
    object('contacts', 3, 0),
    object('contacts', 4, 0),
  ];
  const ids = (shares: ChangedObject[][]) => shares.map((share) => share.map(({ id }) => id));
  expect(ids(storedShares(objects, ({ id }) => id !== '3'))).toEqual([
    ['2', '4'],
    ['1', '3'],
  ]);
  expect(ids(storedShares(objects, () => false))).toEqual([['1', '2', '3', '4']]);
  expect(ids(storedShares(objects.slice(1), () => true))).toEqual([['2', '3', '4']]);
});
