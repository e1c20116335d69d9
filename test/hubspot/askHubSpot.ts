import type http from 'node:http';
import { createHubSpotClient, type Bucket, type HubSpotClient } from '../../src/hubspot/client';
import { sendJson, startRawServer, type RawServer, type SeenRequest } from './rawServer';

/** A server before each test whose replies the test writes, and a client of it that keeps no quota. */
export interface HubSpotBench {
  server: RawServer;
  client: HubSpotClient;
  /** The buckets that calls asked for, in their order. */
  buckets: Bucket[];
  answer: (request: SeenRequest, response: http.ServerResponse) => void;
  /** Every reply from now on. */
  replies(status: number, body: unknown): void;
}

/** In: nothing; call it once in a file. Out: the bench, new for every test. */
export function askHubSpot(): HubSpotBench {
  const bench: Partial<HubSpotBench> & Pick<HubSpotBench, 'answer' | 'replies'> = {
    answer: () => {
      throw new Error('the test has not said what the server answers');
    },
    replies(status, body) {
      bench.answer = (_, response) => sendJson(response, status, body);
    },
  };
  beforeEach(async () => {
    const buckets: Bucket[] = [];
    const server = await startRawServer((request, response) => bench.answer(request, response));
    const client = createHubSpotClient({
      accessToken: () => 'token',
      baseUrl: server.url,
      apiVersion: '2026-09',
      beforeCall: async (bucket) => void buckets.push(bucket),
    });
    Object.assign(bench, { buckets, server, client });
  });
  afterEach(() => bench.server?.stop());
  return bench as HubSpotBench;
}

/** A record as HubSpot writes it. */
export const recordReply = (id: string, properties: object = {}) => ({
  id,
  properties,
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
  archived: false,
});
