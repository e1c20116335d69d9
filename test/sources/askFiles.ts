import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cursor, OpenSource, Page, ReadPageRequest } from '../../src/sources/contract';
import { filesSource, type FilesConnection, type FilesStream } from '../../src/sources/files';

type Request = Partial<Omit<ReadPageRequest<FilesStream>, 'options'>> & { options?: Partial<FilesStream> };

/** A drop folder of its own, and a source on it; `clock` is what a test changes. */
export interface FolderBench {
  folder: string;
  clock: Date;
  source: OpenSource<FilesStream>;
  open(connection?: Partial<FilesConnection>): Promise<OpenSource<FilesStream>>;
  /** Writes a file and its marker. */
  drop(name: string, content: string | Buffer): Promise<void>;
  ask(request?: Request): Promise<Page>;
  /** Reads to the end; what is committed is told to afterCommit only where `moving`. */
  read(request?: Request, moving?: boolean): Promise<FolderRead>;
  dropped(): Promise<string[]>;
  /** Moved files, by the names they were dropped with, in the order they were taken. */
  processed(): Promise<string[]>;
  close(): Promise<void>;
}

export interface FolderRead {
  pages: Page[];
  keys: string[];
  faults: string[];
  watermark: Cursor | null;
}

export async function makeFolderBench(): Promise<FolderBench> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-files-'));
  const open: FolderBench['open'] = (connection = {}) =>
    filesSource.open({ source: 'partner', connection: { folder, ...connection }, now: () => bench.clock });
  const bench: FolderBench = {
    folder,
    clock: new Date(),
    source: undefined as never,
    open,
    async drop(name, content) {
      await writeFile(join(folder, name), content);
      await writeFile(join(folder, `${name}.done`), '');
    },
    ask: ({ options, ...request } = {}) =>
      bench.source.readPage({
        stream: 's',
        options: { pattern: '*.csv', format: 'csv', ready: 'done', ...options },
        recordKey: ['id'],
        lookbackMs: 0,
        pageSize: 100,
        position: null,
        since: null,
        ...request,
      }),
    read: (request = {}, moving = true) => readToEnd(bench, request, moving),
    async dropped() {
      const entries = await readdir(folder, { withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    },
    processed: async () => (await readdir(join(folder, 'processed'))).sort().map((name) => name.slice(29)),
    async close() {
      await bench.source.close();
      await rm(folder, { recursive: true });
    },
  };
  bench.source = await open();
  return bench;
}

async function readToEnd(bench: FolderBench, request: Request, moving: boolean): Promise<FolderRead> {
  const pages: Page[] = [];
  let position: Cursor | null = null;
  do {
    const page: Page = await bench.ask({ ...request, position });
    pages.push(page);
    position = page.next;
    if (moving) await bench.source.afterCommit!({ stream: 's', cursor: page.next ?? page.watermark });
  } while (position !== null && pages.length < 200);
  return {
    pages,
    keys: pages.flatMap(({ records }) => records.map(({ key }) => key)),
    faults: pages.flatMap(({ faults }) => faults.map(({ where, reason }) => `${where} ${reason}`)),
    watermark: pages.at(-1)!.watermark,
  };
}
