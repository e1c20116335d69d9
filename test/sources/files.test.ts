import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cursor, OpenSource, Page, ReadPageRequest } from '../../src/sources/contract';
import { filesSource, type FilesConnection, type FilesStream } from '../../src/sources/files';

let folder: string;
let source: OpenSource<FilesStream>;
let clock: Date;

const open = (connection: Partial<FilesConnection> = {}) =>
  filesSource.open({ source: 'partner', connection: { folder, ...connection }, now: () => clock });

beforeEach(async () => {
  clock = new Date();
  folder = await mkdtemp(join(tmpdir(), 'tributary-files-'));
  source = await open();
});
afterEach(async () => {
  await source.close();
  await rm(folder, { recursive: true });
});

type Request = Partial<Omit<ReadPageRequest<FilesStream>, 'options'>> & { options?: Partial<FilesStream> };

const ask = ({ options, ...request }: Request = {}): Promise<Page> =>
  source.readPage({
    stream: 's',
    options: { pattern: '*.csv', format: 'csv', ready: 'done', ...options },
    recordKey: ['id'],
    lookbackMs: 0,
    pageSize: 100,
    position: null,
    since: null,
    ...request,
  });

const drop = async (name: string, content: string | Buffer) => {
  await writeFile(join(folder, name), content);
  await writeFile(join(folder, `${name}.done`), '');
};

/** Reads to the end; what is committed is told to afterCommit only where `moving`. */
async function read(request: Request = {}, moving = true) {
  const pages: Page[] = [];
  let position: Cursor | null = null;
  do {
    const page: Page = await ask({ ...request, position });
    pages.push(page);
    position = page.next;
    if (moving) await source.afterCommit!({ stream: 's', cursor: page.next ?? page.watermark });
  } while (position !== null && pages.length < 200);
  return {
    pages,
    keys: pages.flatMap(({ records }) => records.map(({ key }) => key)),
    faults: pages.flatMap(({ faults }) => faults.map(({ where, reason }) => `${where} ${reason}`)),
    watermark: pages.at(-1)!.watermark,
  };
}

const dropped = async () =>
  (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
const processed = () =>
  readdir(join(folder, 'processed')).then((names) => names.map((name) => name.slice(29)));

describe('each file is taken once', () => {
  test('in the order of names, then moved with its marker', async () => {
    await drop('b.csv', 'id\n3\n4\n');
    await drop('a.csv', 'id\n1\n2\n');
    await drop('other.txt', 'id\n9\n');
    const { keys } = await read();
    expect(keys).toEqual(['1', '2', '3', '4']);
    expect((await dropped()).sort()).toEqual(['other.txt', 'other.txt.done']);
    expect(await processed()).toEqual(['a.csv', 'b.csv']);
  });

  test('also when the process dies between commit and move', async () => {
    await drop('a.csv', 'id\n1\n2\n');
    await drop('b.csv', 'id\n3\n');
    const { keys, watermark } = await read({ since: { taken: [], unmoved: [] } }, false);
    expect(keys).toEqual(['1', '2', '3']);
    const next = await read({ since: watermark });
    expect(next.keys).toEqual([]);
    expect(await processed()).toEqual(['a.csv', 'b.csv']);
    expect(await dropped()).toEqual([]);
    // Told twice is as told once.
    await source.afterCommit!({ stream: 's', cursor: watermark });
    await source.afterCommit!({ stream: 's', cursor: null });
  });

  test('dropped again with the same content it is not read, with other content it is', async () => {
    await drop('a.csv', 'id,n\n1,1\n');
    const { watermark } = await read();
    await drop('a.csv', 'id,n\n1,1\n');
    await drop('copy.csv', 'id,n\n1,1\n');
    const again = await read({ since: watermark });
    expect(again.keys).toEqual([]);
    expect(await dropped()).toEqual([]);
    await drop('a.csv', 'id,n\n1,2\n');
    const changed = await read({ since: again.watermark });
    expect(changed.pages[0]?.records[0]?.payload).toEqual({ id: '1', n: '2' });
    expect((await processed()).sort()).toEqual(['a.csv', 'a.csv', 'copy.csv']);
  });

  test('a new file of the same name that arrives before the old one is moved stays and is read', async () => {
    await drop('a.csv', 'id\n1\n');
    const { watermark } = await read({}, false);
    await drop('a.csv', 'id\n2\n');
    expect((await read({ since: watermark })).keys).toEqual(['2']);
  });

  test('a full read sees every file again, moved ones first, as they were taken', async () => {
    await drop('b.csv', 'id,n\n1,old\n');
    const first = await read();
    await drop('a.csv', 'id,n\n1,new\n2,new\n');
    const second = await read({ since: first.watermark });
    await drop('0.csv', 'id,n\n3,x\n');
    const full = await read();
    expect(
      full.pages.flatMap(({ records }) => records.map(({ payload }) => `${payload['id']}${payload['n']}`)),
    ).toEqual(['1old', '1new', '2new', '3x']);
    expect(second.keys).toEqual(['1', '2']);
    expect((await read({ since: full.watermark })).keys).toEqual([]);
  });

  test('files taken in the same millisecond keep their order', async () => {
    for (let n = 0; n < 12; n += 1) await drop(`f${String(n).padStart(2, '0')}.csv`, `id\n${n}\n`);
    const { keys } = await read();
    expect((await read()).keys).toEqual(keys);
    expect((await processed()).length).toBe(12);
  });

  test('a file replaced while it is being read is read from its start', async () => {
    await drop('a.csv', 'id\n1\n2\n3\n');
    const first = await ask({ pageSize: 2 });
    await drop('a.csv', 'id\n7\n8\n9\n');
    await utimes(join(folder, 'a.csv'), 1, 1);
    const second = await ask({ pageSize: 5, position: first.next });
    expect(second.records.map(({ key }) => key)).toEqual(['7', '8', '9']);
  });

  test('a file that vanishes while it is being read is told', async () => {
    await drop('a.csv', 'id\n1\n2\n3\n');
    await drop('b.csv', 'id\n4\n');
    const first = await ask({ pageSize: 2 });
    await rm(join(folder, 'a.csv'));
    const second = await ask({ position: first.next });
    expect(second.faults).toEqual([
      { where: 'a.csv:4', key: null, reason: 'the file vanished before it was read to its end' },
    ]);
    expect(second.records.map(({ key }) => key)).toEqual(['4']);
  });

  test('a file that comes during the read waits for the next one', async () => {
    await drop('a.csv', 'id\n1\n2\n');
    const first = await ask({ pageSize: 1 });
    await drop('z.csv', 'id\n9\n');
    const second = await ask({ pageSize: 1, position: first.next });
    expect(second.next).toBeNull();
    expect((await read({ since: second.watermark })).keys).toEqual(['9']);
  });
});

describe('only complete files are taken', () => {
  test('with a marker', async () => {
    await writeFile(join(folder, 'a.csv'), 'id\n1\n');
    expect((await read()).keys).toEqual([]);
    await writeFile(join(folder, 'a.csv.done'), '');
    expect((await read()).keys).toEqual(['1']);
  });

  test('or when they have not changed for a while, whatever modification time they carry', async () => {
    const stable: Request = { options: { ready: 'stable', stableMs: 60_000 } };
    await writeFile(join(folder, 'a.csv'), 'id\n1\n');
    await utimes(join(folder, 'a.csv'), 1, 1);
    expect((await read(stable)).keys).toEqual([]);
    clock = new Date(Date.now() + 61_000);
    expect((await read(stable)).keys).toEqual(['1']);
  });

  test('folders, links and other names are left alone', async () => {
    await mkdir(join(folder, 'sub.csv'));
    await drop('real.csv', 'id\n1\n');
    await symlink(join(folder, 'real.csv'), join(folder, 'link.csv'));
    await writeFile(join(folder, 'link.csv.done'), '');
    await drop('xcsv', 'id\n2\n');
    expect((await read()).keys).toEqual(['1']);
  });
});

describe('broken lines are told with file and line, and the rest goes on', () => {
  test('CSV', async () => {
    await drop(
      'a.csv',
      [
        'id,name',
        '1,fine',
        '2,too,many',
        '3',
        '',
        '4,"two',
        'lines, ""quoted"""',
        '5,12" pipe',
        '6,"closed" wrongly',
        ',no key',
        '7,"never closed',
        '8,fine',
        '9,"fine"',
        '10,"never closed either',
        '11,fine',
      ].join('\n'),
    );
    const { pages, faults } = await read({ pageSize: 2 });
    expect(pages.flatMap(({ records }) => records.map(({ payload }) => payload))).toEqual([
      { id: '1', name: 'fine' },
      { id: '4', name: 'two\nlines, "quoted"' },
      { id: '5', name: '12" pipe' },
      { id: '8', name: 'fine' },
      { id: '9', name: 'fine' },
      { id: '11', name: 'fine' },
    ]);
    expect(faults).toEqual([
      'a.csv:3 it has 3 columns, the header has 2',
      'a.csv:4 it has 1 column, the header has 2',
      'a.csv:9 a quote stands in the wrong place',
      'a.csv:10 its record key id is empty',
      'a.csv:11 a quote stands in the wrong place',
      'a.csv:14 a quote is opened and never closed',
    ]);
  });

  test('JSON lines', async () => {
    await drop('a.jsonl', '{"id":1}\r\n{"id":\n[1]\n"x"\n\n   \n{"other":1}\n{"id":9007199254740993}');
    const { keys, faults } = await read({ options: { pattern: '*.jsonl', format: 'jsonl' } });
    expect(keys).toEqual(['1', '9007199254740993']);
    expect(faults).toEqual([
      'a.jsonl:2 the line is not valid JSON',
      'a.jsonl:3 the line should be a JSON object but is a list',
      'a.jsonl:4 the line should be a JSON object but is a string',
      'a.jsonl:7 it has no field id, which is its record key',
    ]);
  });

  test('a line that is too long, or nested absurdly, or not in its encoding', async () => {
    const long = `{"id":2,"x":"${'x'.repeat(1_000_001)}"}`;
    const deep = `{"id":3,"n":1234567890123456789,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const latin = Buffer.from('{"id":4,"x":"Zoë"}', 'latin1');
    await drop(
      'a.jsonl',
      Buffer.concat([Buffer.from(`{"id":1}\n${long}\n${deep}\n`), latin, Buffer.from('\n{"id":5}\n')]),
    );
    const { keys, faults } = await read({ options: { pattern: '*.jsonl', format: 'jsonl' }, pageSize: 2 });
    expect(keys).toEqual(['1', '5']);
    expect(faults).toEqual([
      'a.jsonl:2 the line is longer than 1000000 bytes',
      'a.jsonl:3 the line is not valid JSON',
      'a.jsonl:4 the line is not valid UTF-8; is the file in another encoding?',
    ]);
  });

  test.each([
    ['no line at all', '', 'the file is empty, it has not even a header line'],
    ['no key column', 'name,mail\na,b\n', 'its header has no column id, which is the record key'],
    ['a column twice', 'id,a,a\n1,2,3\n', 'its header names the column a twice'],
    ['a broken header', 'id,"a\n1,2\n', 'its header line cannot be read: a quote is opened and never closed'],
    ['old line ends', 'id,a\r1,2\r', 'its lines end with a carriage return alone, which is not read'],
    [
      'UTF-16 the other way',
      Buffer.from([0xfe, 0xff, 0, 0x69]),
      'the file is UTF-16 big-endian, which is not read',
    ],
  ])('a file with %s is one fault, and the next file is read', async (_name, content, reason) => {
    await drop('a.csv', content);
    await drop('b.csv', 'id\n1\n');
    const { keys, faults, watermark } = await read();
    expect(faults).toEqual([`a.csv:1 ${reason}`]);
    expect(keys).toEqual(['1']);
    expect((await read({ since: watermark })).faults).toEqual([]);
    expect(await dropped()).toEqual([]);
  });
});

describe('formats', () => {
  const payloads = async (options: Partial<FilesStream>, content: string | Buffer) => {
    await drop('a.csv', content);
    return (await read({ options })).pages.flatMap(({ records }) => records.map(({ payload }) => payload));
  };

  test('another delimiter, Windows line ends, spaces around header names, a byte order mark', async () => {
    expect(await payloads({ delimiter: ';' }, '\ufeffid ; name\r\n1;a,b\r\n2;"c;d"\r\n')).toEqual([
      { id: '1', name: 'a,b' },
      { id: '2', name: 'c;d' },
    ]);
  });

  test('Latin-1, and UTF-16 told by its mark', async () => {
    expect(await payloads({ encoding: 'latin1' }, Buffer.from('id,n\n1,Zoë\n', 'latin1'))).toEqual([
      { id: '1', n: 'Zoë' },
    ]);
    expect(await payloads({}, Buffer.from('\ufeffid,n\r\n2,Ċ李\u0a0a\r\n', 'utf16le'))).toEqual([
      { id: '2', n: 'Ċ李\u0a0a' },
    ]);
  });

  test('columns may be configured instead of a header line', async () => {
    expect(await payloads({ columns: ['id', 'n'] }, '1,a\n2,b\n')).toEqual([
      { id: '1', n: 'a' },
      { id: '2', n: 'b' },
    ]);
  });

  test('a later line of the same key replaces the earlier one of its page', async () => {
    expect(await payloads({}, 'id,n\n1,a\n2,b\n1,c\n')).toEqual([
      { id: '2', n: 'b' },
      { id: '1', n: 'c' },
    ]);
  });
});

test('a large file is read in bounded memory, page by page', async () => {
  const line = (n: number) => `${n},${'x'.repeat(200)}\n`;
  const block = Array.from({ length: 1_000 }, (_, index) => line(index)).join('');
  await drop('a.csv', `id,x\n${block.repeat(300)}`);
  let count = 0;
  let position: Cursor | null = null;
  global.gc?.();
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  do {
    const page: Page = await ask({ position, pageSize: 1_000 });
    count += page.records.length;
    position = page.next;
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
  } while (position !== null);
  expect(count).toBe(300_000);
  // The file has 61 MB; buffers of a page are far below, however late they are collected.
  expect(peak).toBeLessThan(40_000_000);
});

test('a folder that is missing or cannot be written is for a person to mend', async () => {
  source = await open({ folder: join(folder, 'nowhere') });
  await expect(ask()).rejects.toMatchObject({ name: 'SourceFailure', recovery: 'configuration' });
  source = await open({ doneFolder: join(folder, 'a.csv', 'below a file') });
  await drop('a.csv', 'id\n1\n');
  const { watermark } = await ask({ since: { taken: [], unmoved: [] } });
  await expect(source.afterCommit!({ stream: 's', cursor: watermark })).rejects.toMatchObject({
    recovery: 'configuration',
  });
});
