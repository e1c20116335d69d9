import { pino, type Logger } from 'pino';
import { createInboxBell, type InboxBell } from '../../src/api/webhooks/inboxBell';
import { workflowIds } from '../../src/workflows/contracts';
import { connectTemporal, uniqueName, type TestTemporal } from '../support/temporal';

let temporal: TestTemporal;
let lines: { event: string; portalId: string; events: number }[];
let bell: InboxBell;
let log: Logger;
let portalId: string;

beforeAll(async () => {
  temporal = await connectTemporal();
});
beforeEach(() => {
  lines = [];
  portalId = uniqueName('portal');
  log = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[0]) });
  bell = createInboxBell({ temporal: temporal.client, taskQueue: uniqueName('nobody-works'), log });
});
afterAll(() => temporal.close());

/** The rings that Temporal has taken for a portal. */
async function rings(of: string): Promise<number> {
  const { events } = await temporal.client.workflow.getHandle(workflowIds.receive(of)).fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
}
const told = (of: string) => lines.filter((line) => line.portalId === of).map(({ events }) => events);

async function untilTold(of: string, count: number): Promise<void> {
  while (told(of).length < count) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('the first event rings at once, those of the next second once at its end, each portal by itself', async () => {
  const other = uniqueName('portal');
  const began = performance.now();
  bell.ring(portalId, 2);
  expect(told(portalId)).toEqual([2]);
  for (const events of [3, 4]) bell.ring(portalId, events);
  bell.ring(other, 1);
  expect([told(portalId), told(other)]).toEqual([[2], [1]]);
  await untilTold(portalId, 2);
  expect(performance.now() - began).toBeGreaterThan(990);
  // The ring at the end opens a window too; what nobody followed closes it.
  bell.ring(portalId, 5);
  expect(told(portalId)).toEqual([2, 7]);
  await untilTold(portalId, 3);
  expect(performance.now() - began).toBeGreaterThan(1_980);
  await bell.settle();
  expect([told(portalId), await rings(portalId)]).toEqual([[2, 7, 5], 3]);
  expect([told(other), await rings(other)]).toEqual([[1], 1]);
});

test('at the end of the process what waits is rung at once, and waited for', async () => {
  const quiet = uniqueName('portal');
  bell.ring(quiet, 1);
  bell.ring(portalId, 1);
  bell.ring(portalId, 2);
  await bell.settle();
  expect([told(portalId), await rings(portalId)]).toEqual([[1, 2], 2]);
  expect([told(quiet), await rings(quiet)]).toEqual([[1], 1]);
});

test('after a quiet window an event rings at once again, also while Temporal is away', async () => {
  jest.useFakeTimers();
  try {
    const away = {
      withDeadline: () => Promise.reject(new Error('away')),
    } as unknown as TestTemporal['client'];
    bell = createInboxBell({ temporal: away, taskQueue: 'any', log });
    bell.ring(portalId, 1);
    await jest.advanceTimersByTimeAsync(999);
    bell.ring(portalId, 2);
    expect(told(portalId)).toEqual([1]);
    await jest.advanceTimersByTimeAsync(1);
    expect(told(portalId)).toEqual([1, 2]);
    await jest.advanceTimersByTimeAsync(1_000);
    bell.ring(portalId, 3);
    expect(told(portalId)).toEqual([1, 2, 3]);
    bell.ring(portalId, 4);
    await bell.settle();
    expect(told(portalId)).toEqual([1, 2, 3, 4]);
    // Nothing is rung for nothing, and what was rung is not rung again.
    await jest.advanceTimersByTimeAsync(5_000);
    expect(told(portalId)).toEqual([1, 2, 3, 4]);
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});

test('a slow Temporal makes the window longer, and the end of the process waits for it', async () => {
  jest.useFakeTimers();
  try {
    let answer!: () => void;
    const slow = { withDeadline: () => new Promise<void>((resolve) => (answer = resolve)) };
    bell = createInboxBell({ temporal: slow as unknown as TestTemporal['client'], taskQueue: 'any', log });
    bell.ring(portalId, 1);
    await jest.advanceTimersByTimeAsync(3_000);
    bell.ring(portalId, 2);
    await jest.advanceTimersByTimeAsync(3_000);
    expect(told(portalId)).toEqual([1]);
    answer();
    await jest.advanceTimersByTimeAsync(0);
    expect(told(portalId)).toEqual([1, 2]);
    let isSettled = false;
    const settled = bell.settle().then(() => (isSettled = true));
    await jest.advanceTimersByTimeAsync(1_000);
    expect(isSettled).toBe(false);
    answer();
    await settled;
  } finally {
    jest.useRealTimers();
  }
});
