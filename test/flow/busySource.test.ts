import { busySourceMs } from '../../src/workflows/busySource';

/** Of a look at a source that another run reads: what Temporal notes of a child that cannot start, and of a timer. */
const eventsPerLook = 10;
/** A history should not grow beyond it (issue 3). */
const eventsMax = 4_096;

test.each([
  ['a minute', 60_000],
  ['an hour', 3_600_000],
  ['a day', 86_400_000],
])('a run that waits %s for its source stays small, and begins soon after', (_name, busyMs) => {
  let waitedMs = 0;
  let looks = 0;
  for (; waitedMs < busyMs; looks += 1) waitedMs += busySourceMs(waitedMs);
  expect(looks * eventsPerLook).toBeLessThan(eventsMax);
  expect(waitedMs - busyMs).toBeLessThanOrEqual(Math.max(2_000, Math.min(busyMs / 10, 300_000)));
});
