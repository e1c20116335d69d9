import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolderBench, type FolderBench } from './askFiles';

let bench: FolderBench;
beforeEach(async () => {
  bench = await makeFolderBench();
});
afterEach(() => bench.close());

describe('each file is taken once', () => {
  test('in the order of names, then moved with its marker', async () => {
    await bench.drop('b.csv', 'id\n3\n4\n');
    await bench.drop('a.csv', 'id\n1\n2\n');
    await bench.drop('other.txt', 'id\n9\n');
    const { keys } = await bench.read();
    expect(keys).toEqual(['1', '2', '3', '4']);
    expect((await bench.dropped()).sort()).toEqual(['other.txt', 'other.txt.done']);
    expect(await bench.processed()).toEqual(['a.csv', 'b.csv']);
  });

  test('also when the process dies between commit and move', async () => {
    await bench.drop('a.csv', 'id\n1\n2\n');
    await bench.drop('b.csv', 'id\n3\n');
    const { keys, watermark } = await bench.read({ since: { taken: [], unmoved: [] } }, false);
    expect(keys).toEqual(['1', '2', '3']);
    const next = await bench.read({ since: watermark });
    expect(next.keys).toEqual([]);
    expect(await bench.processed()).toEqual(['a.csv', 'b.csv']);
    expect(await bench.dropped()).toEqual([]);
    // Told twice is as told once.
    await bench.source.afterCommit!({ stream: 's', cursor: watermark });
    await bench.source.afterCommit!({ stream: 's', cursor: null });
  });

  test('one that cannot be moved is told without its name, which may name a person', async () => {
    await writeFile(join(bench.folder, 'processed'), 'no folder');
    await bench.drop('ann@example.org.csv', 'id\n1\n');
    await expect(bench.read({ since: { taken: [], unmoved: [] } })).rejects.toMatchObject({
      name: 'SourceFailure',
      recovery: expect.any(String) as string,
      message: expect.stringMatching(
        /^a file that was read cannot be moved to the done folder \(E\w+\)$/,
      ) as string,
    });
  });

  test('dropped again with the same content it is not read, with other content it is', async () => {
    await bench.drop('a.csv', 'id,n\n1,1\n');
    const { watermark } = await bench.read();
    await bench.drop('a.csv', 'id,n\n1,1\n');
    await bench.drop('copy.csv', 'id,n\n1,1\n');
    const again = await bench.read({ since: watermark });
    expect(again.keys).toEqual([]);
    expect(await bench.dropped()).toEqual([]);
    await bench.drop('a.csv', 'id,n\n1,2\n');
    const changed = await bench.read({ since: again.watermark });
    expect(changed.pages[0]?.records[0]?.payload).toEqual({ id: '1', n: '2' });
    expect((await bench.processed()).sort()).toEqual(['a.csv', 'a.csv', 'copy.csv']);
  });

  test('a new file of the same name that arrives before the old one is moved stays and is read', async () => {
    await bench.drop('a.csv', 'id\n1\n');
    const { watermark } = await bench.read({}, false);
    await bench.drop('a.csv', 'id\n2\n');
    expect((await bench.read({ since: watermark })).keys).toEqual(['2']);
  });

  test('a full read sees every file again, moved ones first, as they were taken', async () => {
    await bench.drop('b.csv', 'id,n\n1,old\n');
    const first = await bench.read();
    await bench.drop('a.csv', 'id,n\n1,new\n2,new\n');
    const second = await bench.read({ since: first.watermark });
    await bench.drop('0.csv', 'id,n\n3,x\n');
    const full = await bench.read();
    expect(
      full.pages.flatMap(({ records }) =>
        records.map(({ payload }) => JSON.stringify(Object.values(payload))),
      ),
    ).toEqual(['["1","old"]', '["1","new"]', '["2","new"]', '["3","x"]']);
    expect(second.keys).toEqual(['1', '2']);
    expect((await bench.read({ since: full.watermark })).keys).toEqual([]);
  });

  test('files taken in the same millisecond keep their order', async () => {
    for (let n = 0; n < 12; n += 1) await bench.drop(`f${String(n).padStart(2, '0')}.csv`, `id\n${n}\n`);
    const { keys } = await bench.read();
    expect((await bench.read()).keys).toEqual(keys);
    expect((await bench.processed()).length).toBe(12);
  });

  test('a file replaced while it is being read is read from its start', async () => {
    await bench.drop('a.csv', 'id\n1\n2\n3\n');
    const first = await bench.ask({ pageSize: 2 });
    await bench.drop('a.csv', 'id\n7\n8\n9\n');
    await utimes(join(bench.folder, 'a.csv'), 1, 1);
    const second = await bench.ask({ pageSize: 5, position: first.next });
    expect(second.records.map(({ key }) => key)).toEqual(['7', '8', '9']);
  });

  test('a file that vanishes while it is being read is told', async () => {
    await bench.drop('a.csv', 'id\n1\n2\n3\n');
    await bench.drop('b.csv', 'id\n4\n');
    const first = await bench.ask({ pageSize: 2 });
    await rm(join(bench.folder, 'a.csv'));
    const second = await bench.ask({ position: first.next });
    expect(second.faults).toEqual([
      { where: 'a.csv:4', key: null, reason: 'the file vanished before it was read to its end' },
    ]);
    expect(second.records.map(({ key }) => key)).toEqual(['4']);
  });

  test('a file that comes during the read waits for the next one', async () => {
    await bench.drop('a.csv', 'id\n1\n2\n');
    const first = await bench.ask({ pageSize: 1 });
    await bench.drop('z.csv', 'id\n9\n');
    const second = await bench.ask({ pageSize: 1, position: first.next });
    expect(second.next).toBeNull();
    expect((await bench.read({ since: second.watermark })).keys).toEqual(['9']);
  });
});

describe('only complete files are taken', () => {
  test('with a marker', async () => {
    await writeFile(join(bench.folder, 'a.csv'), 'id\n1\n');
    expect((await bench.read()).keys).toEqual([]);
    await writeFile(join(bench.folder, 'a.csv.done'), '');
    expect((await bench.read()).keys).toEqual(['1']);
  });

  test('or when they have not changed for a while, whatever modification time they carry', async () => {
    const stable = { options: { ready: 'stable' as const, stableMs: 60_000 } };
    await writeFile(join(bench.folder, 'a.csv'), 'id\n1\n');
    await utimes(join(bench.folder, 'a.csv'), 1, 1);
    expect((await bench.read(stable)).keys).toEqual([]);
    bench.clock = new Date(Date.now() + 61_000);
    expect((await bench.read(stable)).keys).toEqual(['1']);
  });

  test('folders, links and other names are left alone', async () => {
    await mkdir(join(bench.folder, 'sub.csv'));
    await bench.drop('real.csv', 'id\n1\n');
    await symlink(join(bench.folder, 'real.csv'), join(bench.folder, 'link.csv'));
    await writeFile(join(bench.folder, 'link.csv.done'), '');
    await bench.drop('xcsv', 'id\n2\n');
    expect((await bench.read()).keys).toEqual(['1']);
  });
});

test('a folder that is missing or cannot be written is for a person to mend', async () => {
  bench.source = await bench.open({ folder: join(bench.folder, 'nowhere') });
  await expect(bench.ask()).rejects.toMatchObject({ name: 'SourceFailure', recovery: 'configuration' });
  bench.source = await bench.open({ doneFolder: join(bench.folder, 'a.csv', 'below a file') });
  await bench.drop('a.csv', 'id\n1\n');
  const { watermark } = await bench.ask({ since: { taken: [], unmoved: [] } });
  await expect(bench.source.afterCommit!({ stream: 's', cursor: watermark })).rejects.toMatchObject({
    recovery: 'configuration',
  });
});
