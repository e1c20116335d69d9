import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { historiesFolder, recordHistories, storedHistories } from './recordHistories';

const dist = process.env['TRIBUTARY_TEST_DIST'] ?? join(__dirname, '../../dist');
const bundle = { workflowBundle: { codePath: join(dist, 'workflows.bundle.js') } };

interface Stored {
  workflowId: string;
  history: {
    events: {
      eventType: string;
      activityTaskScheduledEventAttributes?: { activityType: { name: string } };
    }[];
  };
}

beforeAll(async () => {
  if (process.env['TRIBUTARY_RECORD_HISTORIES']) await recordHistories();
  Runtime.install({ logger: new DefaultLogger('ERROR') });
});

async function stored(name: string): Promise<Stored> {
  return JSON.parse(await readFile(join(historiesFolder, name), 'utf8')) as Stored;
}

/** What is wrong with the replay of each history, by name; null where nothing is. */
async function replay(histories: Stored[]): Promise<Record<string, string | null>> {
  const found: Record<string, string | null> = {};
  for await (const { workflowId, error } of Worker.runReplayHistories(bundle, histories)) {
    found[workflowId] = error ? `${error.name}: ${error.message}` : null;
  }
  return found;
}

test('there is a history of every workflow type', async () => {
  const types = new Set((await storedHistories()).map((name) => name.replace('.json', '').split('-')[0]));
  expect([...types].sort()).toEqual([
    'checkPortal',
    'consolidate',
    'deliver',
    'followJournal',
    'receive',
    'setupPortal',
    'syncRun',
    'syncSource',
    'tick',
    'uninstallPortal',
    'writeBack',
  ]);
});

test('every stored history replays on the bundle that ships', async () => {
  const names = await storedHistories();
  const histories = await Promise.all(
    names.map(async (name) => ({ ...(await stored(name)), workflowId: name })),
  );
  expect(await replay(histories)).toEqual(Object.fromEntries(names.map((name) => [name, null])));
});

test('a workflow that asks for other activities than its history is found', async () => {
  const history = await stored('setupPortal.json');
  for (const { activityTaskScheduledEventAttributes: scheduled } of history.history.events) {
    if (scheduled?.activityType.name === 'connectPortal') scheduled.activityType.name = 'anotherActivity';
  }
  const found = await replay([{ ...history, workflowId: 'changed' }]);
  expect(found['changed']).toMatch(/^DeterminismViolationError/);
});
