import { createSliceSize } from '../../src/activities/consolidate/sliceSize';

let nowMs: number;
const size = () => createSliceSize(() => nowMs);
const bulk = (records: number, ms: number) => ({ records, ms, urgentAgoMs: null });
const urgent = (ms: number, urgentAgoMs = 0) => ({ records: 10, ms, urgentAgoMs });

beforeEach(() => {
  nowMs = 50_000;
});

test('slices are large until people change something, and again ten seconds after their last change', () => {
  const slices = size();
  slices.note('contacts', bulk(1_000, 700));
  expect(slices.records('contacts')).toBe(1_000);
  slices.note('contacts', urgent(60));
  nowMs += 400;
  expect(slices.records('contacts')).toBeLessThan(1_000);
  nowMs -= 400;
  nowMs += 9_900;
  expect(slices.records('contacts')).toBe(250);
  nowMs += 200;
  expect(slices.records('contacts')).toBe(1_000);
});

test('a slice ends when the next changes of people are expected', () => {
  const slices = size();
  // They came 300 ms before their slice, which took 60 ms: 640 ms are left of the second.
  slices.note('contacts', urgent(60, 300));
  const first = slices.records('contacts');
  expect(60 + first * 0.6).toBeGreaterThan(600);
  expect(60 + first * 0.6).toBeLessThanOrEqual(640);
  nowMs += 400;
  const second = slices.records('contacts');
  expect(second).toBeGreaterThan(250);
  expect(60 + second * 0.6).toBeLessThanOrEqual(240);
  nowMs += 200;
  expect(slices.records('contacts')).toBe(100);
});

test('a slow machine gets smaller slices', () => {
  const slices = size();
  expect(slices.records('contacts')).toBe(1_000);
  for (let times = 0; times < 20; times += 1) slices.note('contacts', bulk(500, 60 + 500 * 2));
  expect(slices.records('contacts')).toBeGreaterThan(300);
  expect(slices.records('contacts')).toBeLessThan(400);
  slices.note('contacts', urgent(60));
  for (let times = 0; times < 20; times += 1) slices.note('contacts', bulk(250, 60 + 250 * 3));
  nowMs += 100;
  const records = slices.records('contacts');
  expect(60 + records * 3).toBeLessThanOrEqual(900);
  expect(records).toBeGreaterThan(200);
});

test('objects that nobody changes have small slices too: they take from the same processors', () => {
  const slices = size();
  slices.note('contacts', urgent(60));
  expect(slices.records('deals')).toBe(250);
});
