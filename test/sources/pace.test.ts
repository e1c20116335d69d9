import { openPace, type Pace, type Turn } from '../../src/sources/pace';

/** Asks for turns, all at once, and tells in which order they came. */
async function orderOf(pace: Pace, turns: Record<string, Turn>): Promise<string[]> {
  const order: string[] = [];
  await Promise.allSettled(
    Object.entries(turns).map(([name, turn]) => pace(turn).then(() => order.push(name))),
  );
  return order;
}

test('calls are spaced evenly, however many ask at once', async () => {
  const pace = openPace(50);
  const began = performance.now();
  const times = await Promise.all([1, 2, 3, 4, 5, 6].map(() => pace().then(() => performance.now() - began)));
  // A timer may fire up to a millisecond early.
  times.forEach((time, index) => expect(time).toBeGreaterThan(index * 20 - 2));
});

test('what has waited idly gives no right to a heap', async () => {
  const pace = openPace(20);
  await pace();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const began = performance.now();
  await Promise.all([pace(), pace(), pace()]);
  expect(performance.now() - began).toBeGreaterThan(2 * 50 - 2);
});

test('urgent calls go first, in their own order', async () => {
  const turns = { a: {}, b: {}, c: {}, now: { isUrgent: true }, then: { isUrgent: true } };
  expect(await orderOf(openPace(100), turns)).toEqual(['now', 'then', 'a', 'b', 'c']);
});

test('who gives up makes room for the next', async () => {
  jest.useFakeTimers();
  try {
    const ending = new AbortController();
    const pace = openPace(20);
    const order: string[] = [];
    const ask = (name: string, turn?: Turn) => pace(turn).then(() => order.push(name));
    const given = [ask('a'), ask('b')];
    const refused = pace({ signal: ending.signal });
    given.push(ask('c'));
    ending.abort(new Error('no longer'));
    await expect(refused).rejects.toThrow('no longer');
    await expect(pace({ signal: ending.signal })).rejects.toThrow('no longer');
    await jest.advanceTimersByTimeAsync(101);
    expect(order).toEqual(['a', 'b', 'c']);
    await Promise.all(given);
  } finally {
    jest.useRealTimers();
  }
});

test('without a limit nobody waits', async () => {
  const began = performance.now();
  await Promise.all(Array.from({ length: 1_000 }, () => openPace(undefined)()));
  expect(performance.now() - began).toBeLessThan(10_000);
});
