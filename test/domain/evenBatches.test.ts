import { evenBatches } from '../../src/domain/delivery/evenBatches';

const sizes = { batchesMax: 4, sizeMin: 4, sizeMax: 25 };
const changes = (...counts: number[]) =>
  counts.map((count) => ({ intents: Array.from({ length: count }, (_, index) => index) }));
const ones = (count: number) => changes(...Array.from({ length: count }, () => 1));
const counted = (given: { intents: number[] }[]) =>
  evenBatches(given, sizes).map((batch) => batch.reduce((sum, { intents }) => sum + intents.length, 0));

test.each([
  ['nothing', ones(0), []],
  ['few are one batch', ones(3), [3]],
  ['some are as many batches as go at once', ones(20), [5, 5, 5, 5]],
  ['a full wave', ones(100), [25, 25, 25, 25]],
  ['a change with several intents is never cut', changes(3, 3, 1, 9), [3, 4, 9]],
])('%s', (_, given, expected) => {
  expect(counted(given)).toEqual(expected);
});
