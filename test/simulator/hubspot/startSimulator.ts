import {
  startHubSpotSimulator,
  type RunningSimulator,
  type SimulatorOptions,
} from '../../../src/simulator/hubspot/server';

/** A reply as tests look at it. */
export interface Seen {
  status: number;
  // Bodies differ per endpoint; the assertions say what they expect.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
  text: string;
  headers: Headers;
}

/** A simulator on a free port and a way to call it. */
export interface TestSimulator extends RunningSimulator {
  call(method: string, path: string, body?: unknown, token?: string): Promise<Seen>;
  control(path: string, body?: unknown): Promise<Seen>;
}

/** Calls one HTTP endpoint. JSON bodies are parsed, others left as text. */
export async function callUrl(
  url: string,
  method: string,
  body?: unknown,
  token = 'pat-simulator',
): Promise<Seen> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== '';
  return {
    status: response.status,
    body: isJson ? JSON.parse(text) : undefined,
    text,
    headers: response.headers,
  };
}

/** Starts a simulator for one test file or test; `stop` it afterwards. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<TestSimulator> {
  const running = await startHubSpotSimulator(options);
  return {
    ...running,
    call: (method, path, body, token) => callUrl(running.url + path, method, body, token),
    control: (path, body) =>
      callUrl(`${running.url}/_simulator${path}`, body === undefined ? 'GET' : 'POST', body),
  };
}

export const contacts = '/crm/objects/2026-09/contacts';

/** Inputs of a batch create with trace ids t0, t1 ... */
export function traced(rows: Record<string, unknown>[]): { inputs: Record<string, unknown>[] } {
  return { inputs: rows.map((row, at) => ({ ...row, objectWriteTraceId: `t${at}` })) };
}
