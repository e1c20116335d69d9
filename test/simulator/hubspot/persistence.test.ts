import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openJournal } from '../../../src/simulator/hubspot/journal';
import { callUrl, contacts, startSimulator, traced } from './startSimulator';

let directory: string;
let children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'simulator-'));
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  rmSync(directory, { recursive: true });
});

const main = join(__dirname, '../../../src/simulator/main.ts');

async function startChild(...flags: string[]): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(
    process.execPath,
    ['-r', join(__dirname, 'runTypeScript.cjs'), main, '--state-dir', directory, '--limit', 'off', ...flags],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(child);
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const ready = JSON.parse(line) as { event: string; url: string };
    expect(ready.event).toBe('simulator_ready');
    return { child, url: ready.url };
  }
  throw new Error('the simulator did not start');
}

const exported = async (url: string) =>
  (await callUrl(`${url}/_simulator/export`, 'GET')).text.split('\n').sort();

test('every acknowledged write survives SIGKILL in the middle of writing', async () => {
  const { child, url } = await startChild();
  const acknowledged: string[] = [];
  let next = 0;
  const writer = async () => {
    for (;;) {
      const start = (next += 20);
      const rows = Array.from({ length: 20 }, (_none, at) => ({
        properties: { email: `p${start + at}@example.com` },
      }));
      const reply = await callUrl(`${url}${contacts}/batch/create`, 'POST', traced(rows));
      acknowledged.push(...reply.body.results.map((record: { id: string }) => record.id));
      if (acknowledged.length > 400) child.kill('SIGKILL');
    }
  };
  await Promise.allSettled([writer(), writer(), writer()]);
  expect(acknowledged.length).toBeGreaterThan(400);
  const again = await startChild();
  const present = new Set(
    (await exported(again.url))
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { id: string }).id),
  );
  expect(acknowledged.filter((id) => !present.has(id))).toEqual([]);
});

test('content, history, associations and definitions are the same after SIGTERM and start', async () => {
  const first = await startChild();
  const call = (method: string, path: string, body?: unknown) => callUrl(first.url + path, method, body);
  await callUrl(`${first.url}/_simulator/seed`, 'POST', {
    properties: {
      contacts: [{ name: 'key', label: 'Key', type: 'string', fieldType: 'text', hasUniqueValue: true }],
    },
    labels: [{ from: 'contacts', to: 'companies', name: 'boss', label: 'boss' }],
    records: [
      {
        objectType: 'contacts',
        id: '1',
        properties: { email: 'a@example.com', key: 'k' },
        secondaryEmails: ['b@example.com'],
      },
      { objectType: 'contacts', id: '2', properties: { lastname: 'Two' } },
      { objectType: 'contacts', id: '3', properties: { lastname: 'Three' } },
      { objectType: 'companies', id: '1', properties: { name: 'Alpha' } },
    ],
    associations: [{ from: { objectType: 'contacts', id: '1' }, to: { objectType: 'companies', id: '1' } }],
  });
  await call('PATCH', `${contacts}/1`, { properties: { city: 'Bath' } });
  await call('PATCH', `${contacts}/1`, { properties: { city: 'York' } });
  await call('POST', `${contacts}/merge`, { primaryObjectId: '1', objectIdToMerge: '2' });
  await call('DELETE', `${contacts}/3`);
  const before = await exported(first.url);
  first.child.kill('SIGTERM');
  const [code] = (await once(first.child, 'exit')) as [number];
  expect(code).toBe(0);
  const second = await startChild();
  expect(await exported(second.url)).toEqual(before);
  const history = await callUrl(`${second.url}${contacts}/2?propertiesWithHistory=city`, 'GET');
  expect(history.body.propertiesWithHistory.city.map((version: { value: string }) => version.value)).toEqual([
    'York',
    'Bath',
  ]);
  const conflict = await callUrl(`${second.url}${contacts}`, 'POST', {
    properties: { email: 'b@example.com' },
  });
  expect(conflict.status).toBe(409);
});

test('a torn last line is cut off, so that what is written after it can be read', async () => {
  const first = await startSimulator({ stateDir: directory });
  await first.call('POST', contacts, { properties: { lastname: 'One' } });
  await first.stop();
  const [file] = readdirSync(directory);
  appendFileSync(
    join(directory, file as string),
    '{"stamp":{"at":1,"type":"X","id":"1"},"changes":[{"do":"arch',
  );
  const second = await startSimulator({ stateDir: directory });
  await second.call('POST', contacts, { properties: { lastname: 'Two' } });
  const before = await exported(second.url);
  await second.stop();
  const third = await startSimulator({ stateDir: directory });
  expect(await exported(third.url)).toEqual(before);
  expect((await third.call('GET', contacts)).body.results).toHaveLength(2);
  await third.stop();
});

test('a snapshot holds the same content', async () => {
  const first = await startSimulator({ stateDir: directory });
  const record = { objectType: 'contacts', properties: { lastname: 'One' } };
  first.seed({
    schemas: [
      {
        name: 'licence',
        labels: { singular: 'L', plural: 'Ls' },
        properties: [],
        associatedObjects: ['CONTACT'],
      },
    ],
    labels: [{ from: 'contacts', to: 'companies', name: 'boss', label: 'boss' }],
    validationRules: [
      { objectType: 'contacts', property: 'zip', rules: [{ ruleType: 'MAX_LENGTH', ruleArguments: ['3'] }] },
    ],
    records: [
      { ...record, id: '1', secondaryEmails: ['x@example.com'] },
      { ...record, id: '2' },
      { objectType: 'p_licence', id: '1', properties: {} },
    ],
    associations: [{ from: { objectType: 'p_licence', id: '1' }, to: { objectType: 'contacts', id: '1' } }],
  });
  await first.call('PATCH', `${contacts}/1`, { properties: { lastname: 'Uno', city: 'Bath' } });
  await first.call('PATCH', `${contacts}/1`, { properties: { city: 'Bath' } });
  await first.call('POST', `${contacts}/merge`, { primaryObjectId: '1', objectIdToMerge: '2' });
  const look = async (url: string) => [
    await exported(url),
    (await callUrl(`${url}${contacts}/2?propertiesWithHistory=lastname`, 'GET')).body,
    (await callUrl(`${url}/crm/v4/associations/contacts/companies/labels`, 'GET')).body,
    (await callUrl(`${url}/crm/property-validations/2026-09/contacts`, 'GET')).body,
    (await callUrl(`${url}/crm/v3/schemas`, 'GET')).body,
  ];
  const before = await look(first.url);
  await first.stop();
  const [file] = readdirSync(directory);
  const opened = openJournal(directory, 9_000_777_001);
  opened.journal.compact(opened.portal);
  opened.journal.close();
  expect(readdirSync(directory)).not.toEqual([file]);
  const second = await startSimulator({ stateDir: directory });
  expect(await look(second.url)).toEqual(before);
  await second.stop();
});

test('the state of another portal is refused', async () => {
  await (await startSimulator({ stateDir: directory })).stop();
  await expect(startSimulator({ stateDir: directory, portalId: 9_000_777_002 })).rejects.toThrow(
    'belongs to portal 9000777001',
  );
});

test('a reset empties the state for good', async () => {
  const first = await startSimulator({ stateDir: directory });
  first.seed({ records: [{ objectType: 'contacts', properties: { lastname: 'One' } }] });
  await first.control('/reset', {});
  await first.stop();
  const second = await startSimulator({ stateDir: directory });
  expect((await second.call('GET', contacts)).body.results).toEqual([]);
  await second.stop();
});
