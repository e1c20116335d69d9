import type { ExportedAssociation, ExportedRecord } from '../../src/simulator/demo/portalExport';

/** What tests look at of the simulator's report of the calls since its last reset. */
export interface SimulatorReport {
  calls: number;
  writeCalls: number;
  /** By object type and operation, as `contacts batch/upsert`; `done` were answered with 2xx. */
  byOperation: Record<string, { calls: number; done: number; inputs: number }>;
  byEndpoint: Record<string, Record<string, number>>;
  /** Written values that the record had already. */
  equalValueWrites: number;
  limits: { buckets: Record<string, BucketReport>; daily: { used: number } };
  faults: { id: number; do: string; hits: number }[];
  webhooks: { waiting: number; delivered: number; givenUp: number };
}

export interface BucketReport {
  limit: number | null;
  /** Most calls that any window held when a call arrived, that call included. */
  largestAtArrival: number;
  /** 429s given. */
  violations: number;
}

/**
 * A request to a running simulator: to HubSpot's API or to its own control plane. Out: its answer, read as the caller
 * says; of an empty one an object without anything. @throws with its reason where it refuses
 */
export async function callSimulator<Answer = unknown>(
  simulatorUrl: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const reply = await fetch(`${simulatorUrl}${path}`, {
    method,
    headers: { authorization: 'Bearer pat-simulator', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`the simulator refuses ${method} ${path}: ${reply.status} ${text}`);
  return (text === '' ? {} : JSON.parse(text)) as Answer;
}

/** A call of the control plane: reads without a body, orders with one. */
export function control<Answer = unknown>(
  simulatorUrl: string,
  path: string,
  body?: unknown,
  method = body === undefined ? 'GET' : 'POST',
): Promise<Answer> {
  return callSimulator(simulatorUrl, method, `/_simulator/${path}`, body);
}

/** Makes the simulator answer wrongly as ordered. Out: the fault's id. */
export async function orderFault(simulatorUrl: string, order: unknown): Promise<number> {
  return (await control<{ id: number }>(simulatorUrl, 'faults', order)).id;
}

export function readReport(simulatorUrl: string): Promise<SimulatorReport> {
  return control(simulatorUrl, 'stats');
}

/** All that the simulator holds, archived records too; of an object type only its records and what begins at them. */
export async function exportPortal(
  simulatorUrl: string,
  objectType?: string,
): Promise<(ExportedRecord | ExportedAssociation)[]> {
  const query = objectType === undefined ? '' : `?objectType=${objectType}`;
  const reply = await fetch(`${simulatorUrl}/_simulator/export${query}`);
  if (!reply.ok) throw new Error(`the simulator's export answered ${reply.status}`);
  const lines = (await reply.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as ExportedRecord | ExportedAssociation);
}

/** The records of an object type, archived ones too. */
export async function exportedRecords(simulatorUrl: string, objectType: string): Promise<ExportedRecord[]> {
  const entries = await exportPortal(simulatorUrl, objectType);
  return entries.filter((entry) => entry.kind === 'record');
}
