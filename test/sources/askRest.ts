import type { Cursor, OpenSource, Page, ReadPageRequest } from '../../src/sources/contract';
import { restSource, type RestStream } from '../../src/sources/rest';
import type { RestConnection } from '../../src/sources/restSite';
import { startListServer, type Answer, type ListServer, type SeenCall } from './listServer';

type Request = Partial<Omit<ReadPageRequest<RestStream>, 'options'>> & { options?: Partial<RestStream> };

/** One list server and the sources opened on it; `answer` and `clock` are what a test changes. */
export interface RestBench {
  answer: (call: SeenCall) => Answer;
  /** Milliseconds since 1970. */
  clock: number;
  server: ListServer;
  open(connection?: Partial<RestConnection>): Promise<OpenSource<RestStream>>;
  close(): Promise<void>;
}

export async function startRestBench(): Promise<RestBench> {
  const opened: OpenSource<RestStream>[] = [];
  const bench: RestBench = {
    answer: () => ({ body: [] }),
    clock: Date.parse('2026-05-01T12:00:00.000Z'),
    server: await startListServer((call) => bench.answer(call)),
    async open(connection = {}) {
      const source = await restSource.open({
        source: 'api',
        connection: { baseUrl: bench.server.url, auth: { type: 'none' }, timeoutMs: 20_000, ...connection },
        now: () => new Date(bench.clock),
      });
      opened.push(source);
      return source;
    },
    async close() {
      for (const source of opened) await source.close();
      await bench.server.close();
    },
  };
  return bench;
}

/** One page of a list at /list, keyed by id. */
export const ask = (source: OpenSource<RestStream>, { options, ...request }: Request = {}): Promise<Page> =>
  source.readPage({
    stream: 's',
    options: { path: '/list', pagination: { type: 'none' }, ...options },
    recordKey: ['id'],
    lookbackMs: 0,
    pageSize: 10,
    position: null,
    since: null,
    ...request,
  });

/** All pages, or the first 60 of a list without end. */
export async function pages(source: OpenSource<RestStream>, request: Request): Promise<Page[]> {
  const all: Page[] = [];
  let position: Cursor | null = null;
  do {
    const page: Page = await ask(source, { ...request, position });
    all.push(page);
    position = page.next;
  } while (position !== null && all.length < 60);
  return all;
}

export const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );
