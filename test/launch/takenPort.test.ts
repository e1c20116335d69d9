import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../src/launch/postgresServer';

/** The ports that are said to be free, in turn. */
const given: number[] = [];
jest.mock('../../src/launch/freePort', () => ({ freePort: async () => given.shift() }));
const { freePort } = jest.requireActual<{ freePort: () => Promise<number> }>('../../src/launch/freePort');

let folder: string;
let other: Server;
let taken: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-port-'));
  // Under root, Postgres runs as another user who must be able to enter.
  chmodSync(folder, 0o755);
  other = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  taken = (other.address() as AddressInfo).port;
});
afterAll(async () => {
  await new Promise((resolve) => other.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

test('a free port is none that an outgoing connection may be given', async () => {
  for (let n = 0; n < 20; n += 1) expect(await freePort()).toBeLessThan(32_768);
});

test('Postgres takes another port when its own was taken meanwhile, but never for one that was asked for', async () => {
  const options = { dataDir: join(folder, 'postgres'), logFile: join(folder, 'log') };
  const free = await freePort();
  given.push(taken, free);
  const server = await startPostgres(options);
  await server.stop();
  expect(server.port).toBe(free);
  await expect(startPostgres({ ...options, port: taken })).rejects.toThrow(/Address already in use/);
});
