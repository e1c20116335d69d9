import fc from 'fast-check';
import type { JsonObject } from '../../src/domain/record';
import type { Cursor, OpenSource, Page, ReadPageRequest, SourceRecord } from '../../src/sources/contract';

/** A row as the suite makes it; a harness stores it in its own way and says what payload must come back. */
export interface ContractRow {
  id: string;
  /** ISO instant with microseconds. */
  changedAt: string;
  name: string;
  /** A number beyond 2^53, as text. */
  big: string;
}

/** One source system of a kind, empty at first, with one stream. */
export interface ContractHarness {
  /** Everything of a request that does not depend on the read. */
  request: Pick<ReadPageRequest<unknown>, 'stream' | 'options' | 'recordKey'> & { cursorField?: string };
  /** Opens the source anew, as after a crash. The suite closes it. */
  open(): Promise<OpenSource>;
  /** Inserts rows, or replaces those of the same id. */
  put(rows: ContractRow[]): Promise<void>;
  /** Adds something that is no record in the middle of the others; at least one fault must tell it. */
  spoil(): Promise<void>;
  expected(row: ContractRow): JsonObject;
  close(): Promise<void>;
}

export interface ReadOptions {
  since?: Cursor | null;
  lookbackMs?: number;
  pageSize?: number | (() => number);
  /** A new open source for every page, and now and then no call of afterCommit. */
  crashing?: boolean;
  cursorField?: string;
}

export interface ReadResult {
  records: SourceRecord[];
  faults: Page['faults'];
  pages: Page[];
  watermark: Cursor | null;
}

/** More pages than any read here may need: a read that never ends fails instead of hanging. */
const pagesMax = 500;

/** Reads a stream to its end the way the extract activity does: the cursor goes through JSON, as through Postgres. */
export async function readAll(harness: ContractHarness, options: ReadOptions = {}): Promise<ReadResult> {
  const { since = null, lookbackMs = 0, pageSize = 7, crashing = false } = options;
  const pages: Page[] = [];
  let position: Cursor | null = null;
  let source = await harness.open();
  try {
    for (;;) {
      if (pages.length >= pagesMax) throw new Error(`the read has no end: ${pagesMax} pages`);
      const size = typeof pageSize === 'number' ? pageSize : pageSize();
      const page: Page = await source.readPage({
        ...harness.request,
        lookbackMs,
        pageSize: size,
        position,
        since,
      });
      expect(page.records.length).toBeLessThanOrEqual(size);
      expect(page.faults.length).toBeLessThanOrEqual(size);
      expect(page.next).not.toEqual(position ?? {});
      pages.push(page);
      position = stored(page.next);
      const skipped = crashing && pages.length % 2 === 0;
      if (!skipped)
        await source.afterCommit?.({
          stream: harness.request.stream,
          cursor: stored(page.next ?? page.watermark),
        });
      if (position === null) break;
      if (crashing) {
        await source.close();
        source = await harness.open();
      }
    }
  } finally {
    await source.close();
  }
  return {
    records: pages.flatMap((page) => page.records),
    faults: pages.flatMap((page) => page.faults),
    pages,
    watermark: stored(pages.at(-1)!.watermark),
  };
}

function stored(cursor: Cursor | null): Cursor | null {
  const text = JSON.stringify(cursor);
  // Postgres' jsonb refuses it.
  expect(text).not.toContain('\\u0000');
  return JSON.parse(text) as Cursor | null;
}

/** Row number n, changed at second n of a day long ago, with names no byte-wise handling survives. */
export function contractRow(n: number, changes: Partial<ContractRow> = {}): ContractRow {
  const names = [
    'Zoë Ångström',
    '李小龍',
    'Ольга',
    'O\'Brien, "Pat"',
    '🦊 e\u0301',
    'tab\tand \\ slash',
    ' spaced ',
  ];
  return {
    id: `k${String(n).padStart(4, '0')}`,
    changedAt: instant(n),
    name: names[n % names.length]!,
    big: String(2n ** 53n + BigInt(n * 2 + 1)),
    ...changes,
  };
}

/** Second n of the day, with microseconds that a JS Date would cut. */
export function instant(second: number, micros = 123_457): string {
  return new Date(Date.UTC(2024, 2, 1) + second * 1000)
    .toISOString()
    .replace(/\.000Z$/, `.${String(micros).padStart(6, '0')}Z`);
}

const rows = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => contractRow(from + index));

/** What every kind of source must do. In: a name, and how to make an empty source system of this kind. */
export function sourceContract(name: string, makeHarness: () => Promise<ContractHarness>): void {
  describe(`${name} keeps the source contract`, () => {
    let harness: ContractHarness;
    beforeEach(async () => {
      harness = await makeHarness();
    });
    afterEach(async () => {
      await harness.close();
    });

    const expectExactly = (records: SourceRecord[], wanted: ContractRow[]) => {
      expect(records.map(({ key }) => key).sort()).toEqual(wanted.map(({ id }) => id).sort());
      const payloads = new Map(records.map(({ key, payload }) => [key, payload]));
      for (const row of wanted) expect(payloads.get(row.id)).toEqual(harness.expected(row));
    };

    test('an empty source is one empty page', async () => {
      const { pages, records } = await readAll(harness);
      expect(records).toEqual([]);
      expect(pages.at(-1)!.next).toBeNull();
      const again = await readAll(harness, { since: pages.at(-1)!.watermark });
      expect(again.records).toEqual([]);
    });

    test('a full read gives every record exactly once, whole, in pages that are bounded', async () => {
      await harness.put(rows(23));
      const { records, pages, faults } = await readAll(harness, { pageSize: 5 });
      expectExactly(records, rows(23));
      expect(pages.length).toBeGreaterThanOrEqual(5);
      expect(faults).toEqual([]);
    });

    test('changedAt is an instant with milliseconds, or nothing', async () => {
      await harness.put(rows(3));
      const { records } = await readAll(harness);
      const wanted =
        harness.request.cursorField === undefined ? null : contractRow(2).changedAt.replace(/\d{3}Z$/, 'Z');
      expect(records.find(({ key }) => key === 'k0002')?.changedAt).toBe(wanted);
    });

    test('a read goes on from any committed position after a crash', async () => {
      await harness.put(rows(23));
      expectExactly((await readAll(harness, { pageSize: 4, crashing: true })).records, rows(23));
    });

    test('a page that was not committed comes again when it is asked for again', async () => {
      await harness.put(rows(12));
      const source = await harness.open();
      const ask = (position: Cursor | null) =>
        source.readPage({ ...harness.request, lookbackMs: 0, pageSize: 5, position, since: null });
      const first = await ask(null);
      const [second, again] = [await ask(first.next), await ask(first.next)];
      expect(again.records).toEqual(second.records);
      expect((await ask(null)).records).toEqual(first.records);
      await source.close();
    });

    test('an incremental read gives what changed and nothing that is older than the watermark', async () => {
      await harness.put(rows(20));
      const { watermark } = await readAll(harness);
      const changed = [contractRow(3, { changedAt: instant(100), name: 'changed' }), ...rows(2, 101)];
      await harness.put(changed);
      const { records, watermark: later } = await readAll(harness, { since: watermark });
      // The row at the watermark itself may come again.
      expectExactly(
        records.filter(({ key }) => key !== 'k0019'),
        changed,
      );
      const quiet = await readAll(harness, { since: later });
      expect(quiet.records.filter(({ key }) => key !== 'k0102')).toEqual([]);
    });

    test('rows that share one cursor value are neither skipped nor repeated, however many', async () => {
      const shared = rows(24).map((row) => ({ ...row, changedAt: instant(50) }));
      await harness.put([...rows(2, 30), ...shared, ...rows(2, 60)]);
      const all = [...rows(2, 30), ...shared, ...rows(2, 60)];
      const full = await readAll(harness, { pageSize: 5 });
      expectExactly(full.records, all);
      const again = shared.map((row) => ({ ...row, changedAt: instant(70), name: 'again' }));
      await harness.put(again);
      const incremental = await readAll(harness, { pageSize: 5, since: full.watermark });
      expectExactly(
        incremental.records.filter(({ key }) => key !== 'k0061'),
        again,
      );
    });

    test('a row committed late, inside the lookback, is caught', async () => {
      await harness.put(rows(10, 600));
      const { watermark } = await readAll(harness);
      const late = contractRow(9000, { changedAt: instant(560) });
      await harness.put([late]);
      const { records } = await readAll(harness, { since: watermark, lookbackMs: 60_000 });
      expect(records.map(({ key }) => key)).toContain(late.id);
    });

    test('what is no record is told and stops nothing', async () => {
      await harness.put(rows(6));
      await harness.spoil();
      await harness.put(rows(6, 10));
      const { records, faults } = await readAll(harness, { pageSize: 4 });
      expectExactly(records, [...rows(6), ...rows(6, 10)]);
      expect(faults.length).toBeGreaterThan(0);
      for (const fault of faults) {
        expect(fault.where).not.toBe('');
        expect(fault.reason).not.toBe('');
      }
    });

    test('any sizes of pages give every record exactly once', async () => {
      await harness.put(rows(17));
      // The folder of a files source empties as it is read, so every run is a full read of all of it.
      await fc.assert(
        fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 1, max: 20 })), async (sizes) => {
          const { records } = await readAll(harness, { pageSize: () => sizes.next().value as number });
          expectExactly(records, rows(17));
        }),
        { numRuns: 15 },
      );
    });
  });
}
