import { createHash } from 'node:crypto';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { suggestion } from '../../config/nearest';
import { auditRun, workflowIds, type SyncRunInput } from '../../workflows/contracts';
import type { ApiDeps } from '../deps';
import type { Handler } from '../endpoint';
import { ApiProblem } from '../problem';
import { readBody } from '../requestInput';
import { workflowUrl } from './workflowState';

/** Stands for every source of the configuration. */
const allSources = 'all';
/** How long Temporal may take to accept a run. */
const startMs = 5_000;
/** What a caller may send as Idempotency-Key: printable ASCII. */
const keyShape = /^[\x21-\x7e]{1,200}$/;

/**
 * Starts a run of one source, or of all. A caller that repeats its request under the same `Idempotency-Key` gets the
 * same run, for as long as Temporal remembers it. A source that is being read is no conflict: the new run waits for it.
 */
export function trigger(deps: ApiDeps): Handler {
  const bodySchema = z.strictObject({
    full: z.boolean('must be true or false').optional(),
    portal: portalName(deps.portals).optional(),
  });

  return async (request, response) => {
    const source = knownSource(String(request.params['source']), deps.sources);
    const { full, portal } = readBody(request, bodySchema);
    await answerRun(deps, request, response, {
      trigger: 'api',
      ...(source === allSources ? {} : { sources: [source] }),
      ...(full === undefined ? {} : { full }),
      ...portalOf(deps, portal),
    });
  };
}

/** Starts an audit: a complete read of HubSpot, compared with what was known. Answers as `trigger` does. */
export function audit(deps: ApiDeps): Handler {
  const bodySchema = z.strictObject({ portal: portalName(deps.portals).optional() });
  return async (request, response) => {
    const { portal } = portalOf(deps, readBody(request, bodySchema).portal);
    await answerRun(deps, request, response, auditRun(portal));
  };
}

/** @throws ApiProblem where there is a choice and none was made */
function portalOf({ portals }: ApiDeps, portal: string | undefined): { portal?: string } {
  if (portal !== undefined) return { portal };
  if (portals.length <= 1) return {};
  const detail = `there is more than one portal; say which of ${portals.join(', ')}`;
  throw new ApiProblem('invalid-request', { errors: [{ pointer: '#/portal', detail }] });
}

async function answerRun(
  deps: ApiDeps,
  request: Request,
  response: Response,
  input: SyncRunInput,
): Promise<void> {
  const key = request.get('idempotency-key');
  const runId = key === undefined ? deps.newId() : runIdOf(key);
  const isNew = await startRun(deps, runId, input, key !== undefined);
  const statusUrl = `/api/sync/status/${runId}`;
  const url = workflowUrl(deps.temporalUiUrl, deps.temporal.options.namespace, workflowIds.syncRun(runId));
  response
    .status(202)
    .location(statusUrl)
    .json({ runId, statusUrl, ...(url === null ? {} : { workflowUrl: url }), repeated: !isNew });
}

function knownSource(written: string, sources: string[]): string {
  const known = [allSources, ...sources];
  if (known.includes(written)) return written;
  const hint = suggestion(written, known);
  const shown = JSON.stringify(written.slice(0, 100));
  throw new ApiProblem('unknown-source', {
    detail: `The configuration has no source ${shown}${hint === undefined ? '.' : `; ${hint}`}`,
    members: { sources: known },
  });
}

function portalName(known: string[]) {
  return z.string('must be the name of a portal').refine((name) => known.includes(name), {
    error: ({ input }) => {
      const hint = suggestion(String(input), known);
      return `there is no portal of this name${hint === undefined ? '' : `; ${hint}`}`;
    },
  });
}

function runIdOf(key: string): string {
  if (!keyShape.test(key)) {
    const detail = 'must be 1 to 200 printable ASCII characters without spaces';
    throw new ApiProblem('invalid-request', { errors: [{ parameter: 'Idempotency-Key', detail }] });
  }
  return `key-${digest(key)}`;
}

/** Starts the workflow. Out: whether it is new. @throws ApiProblem when the id is taken by another request */
async function startRun(
  { temporal, taskQueue }: ApiDeps,
  runId: string,
  input: SyncRunInput,
  isRepeatable: boolean,
): Promise<boolean> {
  const workflowId = workflowIds.syncRun(runId);
  const request = digest(JSON.stringify(input));
  try {
    await temporal.withDeadline(Date.now() + startMs, () =>
      temporal.workflow.start('syncRun', {
        workflowId,
        taskQueue,
        args: [input],
        memo: { request },
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  const first = await temporal.withDeadline(Date.now() + startMs, () =>
    temporal.workflow.getHandle(workflowId).describe(),
  );
  if (isRepeatable && first.memo?.['request'] === request) return false;
  throw new ApiProblem('conflict', {
    detail: 'This Idempotency-Key was used for another request; use a new one.',
    members: { runId, statusUrl: `/api/sync/status/${runId}` },
  });
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
