import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { Registry } from 'prom-client';
import { createApp } from '../../src/api/app';
import type { ApiDeps } from '../../src/api/deps';
import { temporalClient } from '../../src/api/temporalClient';
import { createLogger } from '../../src/config/logger';
import { secretValue } from '../../src/config/secretValue';
import { openDatabase } from '../support/testDatabase';

export const environmentToken = 'environment-token-of-the-test';

export interface TestApi {
  url: string;
  pool: Pool;
  /** Every log line so far, parsed. */
  lines: Record<string, unknown>[];
  /** A request with the right token; `init.headers` win. */
  ask(path: string, init?: RequestInit): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; a test that looks at it fails when it is none. */
  json: Record<string, unknown>;
}

/** The API over real HTTP on a fresh database; Temporal is unreachable unless a client is given. */
export async function startApi(changes: Partial<ApiDeps> = {}): Promise<TestApi> {
  const { pool, close: closeDatabase } = await openDatabase(4);
  const lines: Record<string, unknown>[] = [];
  const nowhere = temporalClient({ address: '127.0.0.1:1' }, 'default');
  const app = createApp({
    pool,
    temporal: nowhere.temporal,
    log: createLogger({
      level: 'trace',
      format: 'json',
      destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    }),
    sources: ['hubspot', 'azure', 'ielts', 'impact'],
    portals: ['main'],
    apps: [],
    keys: [],
    token: secretValue(environmentToken),
    taskQueue: `api-test-${randomUUID()}`,
    temporalUiUrl: undefined,
    workerMetricsUrls: [],
    registry: new Registry(),
    newId: randomUUID,
    ...changes,
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    pool,
    lines,
    async ask(path, init = {}) {
      const headers = { authorization: `Bearer ${environmentToken}`, ...(init.headers as object) };
      const reply = await fetch(`${url}${path}`, { ...init, headers });
      const text = await reply.text();
      return {
        status: reply.status,
        headers: reply.headers,
        text,
        get json() {
          return JSON.parse(text) as Record<string, unknown>;
        },
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await nowhere.close();
      await closeDatabase();
    },
  };
}

/** A POST of JSON, as a request's options. */
export function post(body?: unknown, headers: Record<string, string> = {}): RequestInit {
  if (body === undefined) return { method: 'POST', headers };
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}
