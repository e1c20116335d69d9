import {
  WorkflowFailedError,
  WorkflowIdConflictPolicy,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import {
  bellSignal,
  taskQueue,
  workflowIds,
  type CheckPortalResult,
  type DeliverInput,
  type PortalInput,
  type SetupPortalResult,
  type SyncRunInput,
  type UninstallPortalResult,
} from '../workflows/contracts';
import { CliFailure } from './cliFailure';

/** Longest that a person waits for a set-up or a check: some dozen calls, tried again a few times. */
const portalWorkTimeout = '10 minutes';

/** Has the worker create what the portal lacks. @throws CliFailure with the reason where it fails */
export function setUpPortal(client: Client, portal: string): Promise<SetupPortalResult> {
  return portalWork(client, 'setupPortal', workflowIds.setupPortal(portal), portal);
}

/** Has the worker compare the field maps with the portal. @throws CliFailure with the reason where it fails */
export function checkPortal(client: Client, portal: string): Promise<CheckPortalResult> {
  return portalWork(client, 'checkPortal', workflowIds.checkPortal(portal), portal);
}

/** Has the worker uninstall a portal's app. @throws CliFailure with the reason where it fails */
export function uninstallPortal(client: Client, portal: string): Promise<UninstallPortalResult> {
  return portalWork(client, 'uninstallPortal', workflowIds.uninstallPortal(portal), portal);
}

async function portalWork<Result>(
  client: Client,
  workflowType: string,
  workflowId: string,
  portal: string,
): Promise<Result> {
  const input: PortalInput = { portal };
  const handle = await client.workflow.start(workflowType, {
    ...{ taskQueue, workflowId, args: [input] },
    workflowExecutionTimeout: portalWorkTimeout,
    // Two people who ask at once get the same answer.
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
  });
  return (await resultOf(handle, workflowType)) as Result;
}

/** A workflow's result. @throws CliFailure with the words at the bottom of its failure */
export async function resultOf(handle: WorkflowHandle, what: string): Promise<unknown> {
  try {
    return await handle.result();
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    throw new CliFailure(`${what} failed: ${reasonOf(error)}`, 1, undefined, { cause: error });
  }
}

/** The lowest failure of ours: its words were written for a person. */
function reasonOf(error: Error): string {
  let reason = 'see the Temporal Web UI';
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure) reason = at.message;
    if (at instanceof TimeoutFailure) reason = 'it took too long; is a worker running?';
  }
  return reason;
}

/** Starts a run. Out: the handle of its workflow, whose id is `run:<runId>`. */
export function startRun(client: Client, runId: string, input: SyncRunInput): Promise<WorkflowHandle> {
  return client.workflow.start('syncRun', {
    taskQueue,
    workflowId: workflowIds.syncRun(runId),
    args: [input],
  });
}

/** Rings the lane of bulk delivery, so that what is due goes now and not with the next tick. */
export async function ringDelivery(client: Client, portalId: string): Promise<void> {
  const input: DeliverInput = { portalId, lane: 'bulk' };
  await client.workflow.signalWithStart('deliver', {
    ...{ taskQueue, workflowId: workflowIds.deliver(portalId, 'bulk'), args: [input] },
    ...{ signal: bellSignal, signalArgs: [] },
  });
}
