import type { Page } from '../../src/sources/contract';
import { ask, failureOf, pages, startRestBench, type RestBench } from './askRest';

let bench: RestBench;
beforeEach(async () => {
  bench = await startRestBench();
});
afterEach(() => bench.close());

describe('paging', () => {
  const cursor = { type: 'cursor' as const, parameter: 'after', nextFrom: 'next' };

  test('a mark that comes back after many pages is found', async () => {
    // 0 → 1 → … → 9 → 4 → …: a tail and a cycle.
    bench.answer = ({ query }) => {
      const at = Number(query.get('after') ?? 0);
      return { body: { rows: [{ id: at }], next: at === 9 ? 4 : at + 1 } };
    };
    const failure = await failureOf(
      pages(await bench.open(), { options: { items: 'rows', pagination: cursor } }),
    );
    expect(failure).toMatchObject({ recovery: 'configuration', message: expect.stringContaining('no end') });
    expect(bench.server.calls.length).toBeLessThan(40);
  });

  test('an API that does not know the page parameter is found', async () => {
    bench.answer = () => ({ body: [{ id: 1 }] });
    const pagination = { type: 'page' as const, parameter: 'p' };
    const failure = await failureOf(pages(await bench.open(), { options: { pagination } }));
    expect(failure).toMatchObject({
      recovery: 'configuration',
      message: expect.stringContaining('the same'),
    });
    expect(bench.server.calls.map(({ query }) => query.get('p'))).toEqual(['1', '2', '3']);
  });

  test('page numbers may begin at 0, and end at the first empty page', async () => {
    bench.answer = ({ query }) => ({
      body: Number(query.get('p')) < 2 ? [{ id: Number(query.get('p')) }] : [],
    });
    const all = await pages(await bench.open(), {
      options: { pagination: { type: 'page', parameter: 'p', first: 0 } },
    });
    expect(all.flatMap(({ records }) => records.map(({ key }) => key))).toEqual(['0', '1']);
  });

  test('an empty page with a mark is not the end', async () => {
    bench.answer = ({ query }) => ({
      body: query.get('after') === null ? { rows: [], next: 'x' } : { rows: [{ id: 1 }], next: '' },
    });
    const all = await pages(await bench.open(), { options: { items: 'rows', pagination: cursor } });
    expect(all.map(({ records }) => records.length)).toEqual([0, 1]);
  });

  test('the next page must be on the same host: the credentials go along', async () => {
    bench.answer = () => ({
      body: [{ id: 1 }],
      headers: { link: '<https://evil.example/list?p=2>; rel="next"' },
    });
    expect(
      await failureOf(pages(await bench.open(), { options: { pagination: { type: 'link' } } })),
    ).toMatchObject({
      recovery: 'configuration',
      message: expect.stringContaining('another host'),
    });
  });

  test('a mark that expired while the run was paused begins the read again, once', async () => {
    let expired = false;
    bench.answer = ({ query }) => {
      if (expired && query.get('after') === 'old') return { status: 410 };
      const after = query.get('after');
      return {
        body: { rows: [{ id: after ?? 'first' }], next: after === null ? (expired ? 'new' : 'old') : null },
      };
    };
    const request = { options: { items: 'rows', pagination: cursor } };
    const source = await bench.open();
    const first = await ask(source, request);
    expired = true;
    const second = await ask(source, { ...request, position: first.next });
    expect(second.records.map(({ key }) => key)).toEqual(['first']);
    const third = await ask(source, { ...request, position: second.next });
    expect(third.records.map(({ key }) => key)).toEqual(['new']);
    expect(third.next).toBeNull();
    bench.answer = ({ query }) =>
      query.has('after') ? { status: 400 } : { body: { rows: [{ id: 1 }], next: 'old' } };
    const again = await ask(source, { ...request, position: first.next });
    expect(await failureOf(ask(source, { ...request, position: again.next }))).toMatchObject({
      recovery: 'configuration',
    });
  });

  test('the rest of a larger reply is of the read that began it, whichever workers read its pages', async () => {
    const rows = (name: string) => ['1', '2', '3'].map((id) => ({ id, name }));
    const names = ({ records }: Page) => records.map(({ payload }) => payload['name']);
    const [first, second] = [await bench.open(), await bench.open()];
    const readByTurns = async (name: string, workers: (typeof first)[]) => {
      bench.answer = () => ({ body: rows(name), headers: { date: new Date(bench.clock).toUTCString() } });
      const seen: Page[] = [];
      for (const worker of workers)
        seen.push(await ask(worker, { pageSize: 1, position: seen.at(-1)?.next ?? null }));
      bench.clock += 86_400_000;
      return seen.flatMap(names);
    };
    expect(await readByTurns('old', [first, first, second])).toEqual(['old', 'old', 'old']);
    expect(await readByTurns('new', [second, first, first])).toEqual(['new', 'new', 'new']);
  });

  test('a reply that is larger than a page is asked for once', async () => {
    bench.answer = () => ({ body: Array.from({ length: 25 }, (_, id) => ({ id })) });
    const all = await pages(await bench.open(), {});
    expect(all.map(({ records }) => records.length)).toEqual([10, 10, 5]);
    expect(bench.server.calls).toHaveLength(1);
  });

  test('a stored position of another configuration begins the read again', async () => {
    bench.answer = ({ query }) => ({
      body: { rows: [{ id: query.get('after') ?? 'first' }], next: 'second' },
    });
    const source = await bench.open();
    const first = await ask(source, { options: { items: 'rows', pagination: cursor } });
    const changed = {
      options: { items: 'rows', pagination: cursor, query: { more: 1 } },
      position: first.next,
    };
    expect((await ask(source, changed)).records[0]?.key).toBe('first');
  });

  test('an item that is no record is told by its place in the list', async () => {
    bench.answer = ({ query }) => ({
      body: {
        rows: query.has('after') ? [null, { name: 'x' }] : [{ id: 1 }, 'text'],
        next: query.has('after') ? null : 2,
      },
    });
    const all = await pages(await bench.open(), { options: { items: 'rows', pagination: cursor } });
    expect(all.flatMap(({ faults }) => faults.map(({ where, reason }) => `${where}: ${reason}`))).toEqual([
      '/list item 2: it should be an object but is a string',
      '/list item 3: it should be an object but is null',
      '/list item 4: it has no field id, which is its record key',
    ]);
  });

  test('an item that is no record is the same fault wherever it stands', async () => {
    const rows: unknown[] = ['text', null, 'text'];
    bench.answer = () => ({ body: { rows } });
    const read = async () => {
      const { faults } = await ask(await bench.open(), { options: { items: 'rows' } });
      return faults.map(({ content }) => content);
    };
    const [text, nothing, again] = await read();
    expect(again).toBe(text);
    expect(nothing).not.toBe(text);
    rows.unshift({ id: 1 });
    expect(await read()).toEqual([text, nothing, text]);
  });
});
