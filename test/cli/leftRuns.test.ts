import { followRun } from '../../src/cli/followRun';
import { finishLeftRuns } from '../../src/cli/start/finishLeftRuns';
import { reachGivenServers } from '../../src/cli/start/givenServers';
import { createSteps } from '../../src/cli/start/steps';
import { connectTemporal, uniqueName, type TestTemporal } from '../support/temporal';
import { testDatabase } from '../support/testDatabase';

const { pool } = testDatabase();
let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await connectTemporal();
  await pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`);
});
afterAll(() => temporal.close());
beforeEach(() => pool.query('delete from runs'));

/** A run that the database calls running, with a workflow that nobody works on. */
async function leftRun(runId: string, workflowId: string | null): Promise<void> {
  await pool.query(
    `insert into runs (portal_id, run_id, trigger, full_read, sources, state)
     values (100, $1, 'cli', false, '{crm}', 'running')`,
    [runId],
  );
  if (workflowId)
    await temporal.client.workflow.start('syncRun', {
      taskQueue: uniqueName('nobody'),
      workflowId,
      args: [{}],
    });
}

function startOver(signal = new AbortController().signal) {
  const said: string[] = [];
  const output = {
    ...{ say: (line: string) => void said.push(line), isTerminal: false, stream: process.stdout },
  } as never;
  const { client } = temporal;
  return { said, ended: finishLeftRuns({ pool, client, portalId: '100', output, signal }) };
}

async function until(said: string[], text: string): Promise<void> {
  while (!said.join('\n').includes(text)) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('a run that an earlier start left', () => {
  it.each([
    ['a person', 'run:'],
    ['a schedule', ''],
  ])('is waited for to its end, whoever started it: %s', async (_, prefix) => {
    const runId = uniqueName('run');
    await leftRun(runId, prefix + runId);
    const { said, ended } = startOver();
    await until(said, `Run ${runId} was interrupted and goes on`);
    await pool.query(`update runs set state = 'succeeded', ended_at = now()`);
    expect(said.join('\n')).not.toContain('succeeded');
    await temporal.client.workflow.getHandle(prefix + runId).terminate();
    await ended;
    expect(said.at(-1)).toBe(`run ${runId}: succeeded`);
  });

  it('is not waited for where its workflow is gone', async () => {
    await leftRun(uniqueName('run'), null);
    const { said, ended } = startOver();
    await ended;
    expect(said).toEqual([]);
  });

  it('does not fail the start where it is ended by hand, nor keep it when that is interrupted', async () => {
    const runId = uniqueName('run');
    await leftRun(runId, `run:${runId}`);
    const controller = new AbortController();
    const interrupted = startOver(controller.signal);
    await until(interrupted.said, 'goes on');
    controller.abort();
    await interrupted.ended;
    const { said, ended } = startOver();
    await until(said, 'goes on');
    await temporal.client.workflow.getHandle(`run:${runId}`).terminate();
    await ended;
    expect(said.at(-1)).toContain(`run ${runId}: ended by hand`);
  });
});

test('whoever no longer watches a run has no call under way, which would fail when the connection closes', async () => {
  const runId = uniqueName('run');
  await leftRun(runId, `run:${runId}`);
  const handle = temporal.client.workflow.getHandle(`run:${runId}`);
  const wait = jest.spyOn(handle, 'result');
  const describe = jest.spyOn(handle, 'describe');
  const controller = new AbortController();
  const output = { say: () => undefined, isTerminal: false, stream: process.stdout } as never;
  const watching = followRun({ pool, output, handle, runId, signal: controller.signal });
  while (describe.mock.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  controller.abort();
  expect(await watching).toBeNull();
  expect(wait).not.toHaveBeenCalled();
  await Promise.all(describe.mock.results.map(({ value }) => value as Promise<unknown>));
});

describe('servers that the environment names', () => {
  const reach = (env: Record<string, string>) => {
    const output = { say: () => undefined, isTerminal: false, stream: process.stdout } as never;
    return reachGivenServers({ env, steps: createSteps(output, new AbortController().signal) });
  };

  it('are tried before anything is started, and the variable is named', async () => {
    await expect(reach({ DATABASE_URL: 'postgres://a:b@127.0.0.1:1/c' })).rejects.toMatchObject({
      message: expect.stringContaining('Postgres does not answer') as string,
      hint: expect.stringContaining('DATABASE_URL') as string,
    });
    await expect(reach({ TEMPORAL_ADDRESS: '127.0.0.1:1' })).rejects.toMatchObject({
      message: 'Temporal does not answer at 127.0.0.1:1',
      hint: expect.stringContaining('TEMPORAL_ADDRESS') as string,
    });
  });

  it('are left alone where there are none', async () => {
    await reach({});
  });
});
