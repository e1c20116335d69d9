import type { Cursor, Page } from '../../src/sources/contract';
import type { FilesStream } from '../../src/sources/files';
import { makeFolderBench, type FolderBench } from './askFiles';

let bench: FolderBench;
beforeEach(async () => {
  bench = await makeFolderBench();
});
afterEach(() => bench.close());

describe('broken lines are told with file and line, and the rest goes on', () => {
  test('CSV', async () => {
    await bench.drop(
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
    const { pages, faults } = await bench.read({ pageSize: 2 });
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
    await bench.drop('a.jsonl', '{"id":1}\r\n{"id":\n[1]\n"x"\n\n   \n{"other":1}\n{"id":9007199254740993}');
    const { keys, faults } = await bench.read({ options: { pattern: '*.jsonl', format: 'jsonl' } });
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
    await bench.drop(
      'a.jsonl',
      Buffer.concat([Buffer.from(`{"id":1}\n${long}\n${deep}\n`), latin, Buffer.from('\n{"id":5}\n')]),
    );
    const { keys, faults } = await bench.read({
      options: { pattern: '*.jsonl', format: 'jsonl' },
      pageSize: 2,
    });
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
    await bench.drop('a.csv', content);
    await bench.drop('b.csv', 'id\n1\n');
    const { keys, faults, watermark } = await bench.read();
    expect(faults).toEqual([`a.csv:1 ${reason}`]);
    expect(keys).toEqual(['1']);
    expect((await bench.read({ since: watermark })).faults).toEqual([]);
    expect(await bench.dropped()).toEqual([]);
  });
});

describe('formats', () => {
  const payloads = async (options: Partial<FilesStream>, content: string | Buffer) => {
    await bench.drop('a.csv', content);
    return (await bench.read({ options })).pages.flatMap(({ records }) =>
      records.map(({ payload }) => payload),
    );
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
  // One line alone is larger than everything that may be kept.
  await bench.drop('a.csv', `id,x\n1,${'y'.repeat(60_000_000)}\n${block.repeat(300)}`);
  let count = 0;
  let position: Cursor | null = null;
  global.gc?.();
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  do {
    const page: Page = await bench.ask({ position, pageSize: 1_000 });
    count += page.records.length;
    position = page.next;
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
  } while (position !== null);
  expect(count).toBe(300_000);
  // The file has 121 MB; buffers of a page are far below, however late they are collected.
  expect(peak).toBeLessThan(40_000_000);
});
