import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase } from '../support/testDatabase';

const project = join(__dirname, '../..');
const runTypeScript = join(project, 'test/simulator/hubspot/runTypeScript.cjs');
const folder = mkdtempSync(join(tmpdir(), 'tributary-next-'));
afterAll(() => rmSync(folder, { recursive: true }));

const database = testDatabase();
const { pool } = database;

/** The command as a person runs it, in a folder where nothing else runs. */
function tributary(...args: string[]): Promise<{ code: number; text: string }> {
  const all = ['-r', runTypeScript, join(project, 'src/cli/main.ts'), '--state-dir', folder, ...args];
  const env = { PATH: process.env['PATH'], DATABASE_URL: database.url };
  return new Promise((resolve) => {
    execFile(process.execPath, all, { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr }),
    );
  });
}

beforeAll(async () => {
  await pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'hold')`);
  await pool.query(
    `insert into problems (portal_id, stage, kind, object_type, source, stream, record_key, field, reason, fingerprint)
     values (100, 'consolidate', 'invalidValue', 'contacts', 'crm', 'people', '1', 'phone', 'is no phone number', 'x')`,
  );
});

test('`status` says what waits for a person, and by which command it is seen', async () => {
  const { text } = await tributary('status');
  expect(text).toContain('1 open problem: `tributary problems`');
  expect(text).toContain('in hold: `tributary plan`');
  expect(text).not.toContain('tributary reviews');
});

test('`problems` says what to do about the kinds that it shows, and how to see one', async () => {
  const { text } = await tributary('problems');
  expect(text).toContain('invalidValue  correct the value at the source');
  expect(text).not.toContain('waitingForParent');
  expect(text).toContain('`tributary problems show <number>`');
  const shown = await tributary('problems', 'show', /#(\d+)/.exec(text)![1]!);
  expect(shown.text).toContain('what to do: correct the value at the source');
});

test('a kind that there is not is refused with those that there are; another name is repeated', async () => {
  const wrong = { code: 2, text: expect.stringContaining('known: unreadable, invalidValue') as string };
  expect(await tributary('problems', '--kind', 'invalid')).toEqual(wrong);
  expect(await tributary('problems', 'retry', '--kind', 'invalid')).toEqual(wrong);
  expect((await tributary('problems', '--source', 'crn')).text).toContain('no open problems of source "crn"');
});
