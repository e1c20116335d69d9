import { createServer } from 'node:net';
import { choosePort } from '../../src/cli/start/preferredPort';
import { watchParent } from '../../src/cli/start/lostParent';
import { createParts, type PartName } from '../../src/cli/start/parts';

describe('the parts of a running system', () => {
  it('end in order, whatever the order of their start, and one that fails does not keep the others', async () => {
    const ended: string[] = [];
    const failed: PartName[] = [];
    const parts = createParts((name) => failed.push(name));
    for (const name of ['Postgres', 'Temporal', 'simulator', 'demo', 'worker', 'API'] as const) {
      const stop = async (): Promise<void> => {
        if (name === 'API') throw new Error('stuck');
        ended.push(name);
      };
      parts.add({ name, stop, kill: () => undefined });
    }
    await parts.stopAll();
    await parts.stopAll();
    expect(ended).toEqual(['worker', 'demo', 'simulator', 'Temporal', 'Postgres']);
    expect(failed).toEqual(['API']);
  });

  it('that come up after the end began are ended too', async () => {
    const ended: string[] = [];
    const parts = createParts(() => undefined);
    await parts.stopAll();
    parts.add({ name: 'worker', stop: async () => void ended.push('worker'), kill: () => undefined });
    expect(ended).toEqual(['worker']);
  });
});

describe('the choice of a port', () => {
  it('takes another one than the usual one when that is taken, but never than the one asked for', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as { port: number };
    try {
      expect(await choosePort(undefined, port)).not.toBe(port);
      await expect(choosePort(port, 1)).rejects.toMatchObject({ exitCode: 2 });
    } finally {
      await new Promise((resolve) => holder.close(resolve));
    }
    expect(await choosePort(undefined, port)).toBe(port);
    expect(await choosePort(port, 1)).toBe(port);
  });
});

test('what runs below npm ends when npm was ended, once', () => {
  jest.useFakeTimers();
  try {
    const ended = jest.fn();
    let parent = 1_234;
    watchParent(ended, () => parent);
    jest.advanceTimersByTime(60_000);
    expect(ended).not.toHaveBeenCalled();
    parent = 1;
    jest.advanceTimersByTime(60_000);
    expect(ended).toHaveBeenCalledTimes(1);
  } finally {
    jest.useRealTimers();
  }
});
