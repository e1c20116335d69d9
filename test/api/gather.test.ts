import { gather } from '../../src/api/webhooks/gather';

const limits = { atOnceMax: 2, itemsMax: 3, waitingMax: 5, withinMs: 60_000 };

/** A store whose calls end when the test says so. */
function calls() {
  const open: { items: number[]; end: (result: string) => void; fail: (error: Error) => void }[] = [];
  const work = (items: number[]) =>
    new Promise<string>((end, fail) => {
      open.push({ items, end, fail });
    });
  return { open, work };
}

test('alone an item goes at once; what comes meanwhile goes together, in order and within its limits', async () => {
  const { open, work } = calls();
  const add = gather(work, limits);
  const results = [1, 2, 3, 4, 5, 6].map((item) => add(item));
  expect(open.map(({ items }) => items)).toEqual([[1], [2]]);
  open[0]!.end('first');
  expect(await results[0]).toBe('first');
  expect(open.map(({ items }) => items)).toEqual([[1], [2], [3, 4, 5]]);
  open[1]!.end('second');
  await results[1];
  expect(open[3]!.items).toEqual([6]);
  open[2]!.end('third');
  open[3]!.end('fourth');
  expect(await Promise.all(results)).toEqual(['first', 'second', 'third', 'third', 'third', 'fourth']);
});

test('a call that fails fails its own items only', async () => {
  const { open, work } = calls();
  const add = gather(work, { ...limits, atOnceMax: 1 });
  const results = [1, 2, 3].map((item) => add(item));
  open[0]!.end('fine');
  await results[0];
  const failed = Promise.all([2, 3].map((at) => expect(results[at - 1]).rejects.toThrow('broken')));
  open[1]!.fail(new Error('broken'));
  await failed;
  const later = add(4);
  open[2]!.end('fine again');
  expect(await later).toBe('fine again');
});

test('too many are refused at once', async () => {
  const { open, work } = calls();
  const add = gather(work, { ...limits, atOnceMax: 1, waitingMax: 2 });
  const taken = [1, 2, 3].map((item) => add(item));
  await expect(add(4)).rejects.toThrow('too many');
  open[0]!.end('first');
  await taken[0];
  expect(open[1]!.items).toEqual([2, 3]);
  const next = add(5);
  open[1]!.end('second');
  expect(await Promise.all(taken)).toEqual(['first', 'second', 'second']);
  open[2]!.end('third');
  expect(await next).toBe('third');
});

test('nobody waits longer than is said, and what gave up is not done later', async () => {
  const { open, work } = calls();
  const add = gather(work, { ...limits, atOnceMax: 1, withinMs: 20 });
  await Promise.all([1, 2].map((item) => expect(add(item)).rejects.toThrow('within 20 ms')));
  expect(open.map(({ items }) => items)).toEqual([[1]]);
  open[0]!.end('late');
  await new Promise(setImmediate);
  expect(open).toHaveLength(1);
});

test('who was answered leaves no timer behind', async () => {
  jest.useFakeTimers();
  try {
    const { open, work } = calls();
    const add = gather(work, limits);
    const results = [add(1), add(2)];
    expect(jest.getTimerCount()).toBe(2);
    open[0]!.end('fine');
    open[1]!.fail(new Error('broken'));
    await Promise.allSettled(results);
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});
