import type { SyncRunInput } from '../workflows/contracts';
import type { ExitCode } from './cliFailure';
import type { CommandContext } from './commandContext';
import { withDatabase, withWorker } from './connections';
import { followRun } from './followRun';
import { startRun } from './portalWork';
import { newRunId } from './runId';
import { runReportText } from './runReport';
import { untilInterrupted } from './untilInterrupted';

/**
 * Starts a run and, where wanted, follows it to its result.
 * @returns 0 where it succeeded, or was started and is not waited for
 * @throws CliFailure where no worker runs, or the run could not begin
 */
export function startAndFollow(
  context: CommandContext,
  input: SyncRunInput,
  isAwaited: boolean,
): Promise<ExitCode> {
  const { output } = context;
  const runId = newRunId();
  return withWorker(context, async (client) => {
    const handle = await startRun(client, runId, input);
    if (!isAwaited) {
      output.result({ runId, workflowId: handle.workflowId });
      output.show(`run ${runId} is started; follow it: \`tributary status ${runId}\``);
      return 0;
    }
    output.say(`run ${runId}`);
    const report = await withDatabase(context, (pool) =>
      untilInterrupted((signal) => followRun({ pool, output, handle, runId, signal })),
    );
    if (!report) {
      output.say(`not waiting any longer; the run goes on: \`tributary status ${runId}\``);
      return 1;
    }
    output.result(report);
    output.show(runReportText(report, output.isTerminal));
    return report.run.state === 'succeeded' ? 0 : 1;
  });
}
