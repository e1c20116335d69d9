import {
  batchGrowth,
  breakerPauseMs,
  breakerPauseMsMax,
  failuresMax,
  halvedBatchSize,
} from '../../src/domain/delivery/breaker';

const first = 1_000;

test('it opens at the failure that is one too many in a row, and not before', () => {
  const pauses = [1, 2, 3, 4, 5, 6].map((failures) => breakerPauseMs(failures, 0, first));
  expect(failuresMax).toBe(5);
  expect(pauses).toEqual([null, null, null, null, first, first]);
});

test('half-open, one failed call decides alone, and each pause is twice the last, up to its bound', () => {
  const pauses = [1, 2, 3, 4].map((openings) => breakerPauseMs(1, openings, first));
  expect(pauses).toEqual([2 * first, 4 * first, 8 * first, 16 * first]);
  expect(breakerPauseMs(1, 9, first)).toBe(breakerPauseMsMax);
  expect(breakerPauseMs(1, 5_000, first)).toBe(breakerPauseMsMax);
});

test('batches halve down to a size that still saves calls', () => {
  const sizes = [100, 50, 25, 12].map(halvedBatchSize);
  expect(sizes).toEqual([50, 25, 12, 10]);
  expect(halvedBatchSize(10)).toBe(10);
  expect(batchGrowth).toBeGreaterThan(0);
});
