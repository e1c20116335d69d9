import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSocket, type AddressInfo } from 'node:net';
import type { TelemetryOptions } from '@temporalio/worker';
import { Gauge, Registry } from 'prom-client';
import { listenUrl } from '../config/listenUrl';

/** The SDK's exporter is on loopback: it answers at once or not at all. */
const sdkMs = 2_000;

export interface MetricsServer {
  /** Address of the metrics, on loopback when it listens everywhere. */
  url: string;
  close(): Promise<void>;
}

export interface MetricsServerOptions {
  /** Loopback unless the configuration says otherwise. */
  host?: string;
  /** Where the SDK serves its own metrics (see `temporalTelemetry`); they are passed on after ours. */
  sdkAddress?: string;
  /** Whether the worker takes work; `/health/live` answers 503 while it does not. */
  isRunning?: () => boolean;
}

/**
 * Serves a worker's metrics at `/metrics` and `/health/live`.
 * @param port 0 for any free one; none is served when undefined
 */
export async function serveMetrics(
  { registry }: { registry: Registry },
  port: number | undefined,
  { host = '127.0.0.1', sdkAddress, isRunning = () => true }: MetricsServerOptions = {},
): Promise<MetricsServer | undefined> {
  if (port === undefined) return undefined;
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0];
    if (path === '/health/live') answerLive(request, response, isRunning());
    else if (path === '/metrics') void answerMetrics(request, response, registry, sdkAddress);
    else answer(request, response, 404, 'text/plain', 'see /metrics and /health/live\n');
  });
  server.requestTimeout = 10_000;
  server.maxConnections = 50;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `${listenUrl(host, bound)}/metrics`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Options for `Runtime.install({ telemetryOptions })`: the SDK's own metrics in Prometheus' text format, in seconds and
 * with `_total`, as Prometheus names things.
 * @param bindAddress a free loopback address, see `freeLoopbackAddress`
 */
export function temporalTelemetry(bindAddress: string): TelemetryOptions {
  return {
    metrics: {
      prometheus: {
        bindAddress,
        countersTotalSuffix: true,
        unitSuffix: true,
        useSecondsForDurations: true,
      },
    },
  };
}

/** An address on loopback that is free now: the SDK's exporter cannot tell which port it got. */
export async function freeLoopbackAddress(): Promise<string> {
  const socket = createSocket();
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.listen(0, '127.0.0.1', resolve);
  });
  const { port } = socket.address() as AddressInfo;
  await new Promise((resolve) => socket.close(resolve));
  return `127.0.0.1:${port}`;
}

async function answerMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  registry: Registry,
  sdkAddress: string | undefined,
): Promise<void> {
  const [own, sdk] = await Promise.all([registry.metrics(), sdkAddress ? sdkText(sdkAddress) : '']);
  answer(request, response, 200, registry.contentType, `${own}\n${sdk}`);
}

/** The SDK's text with a line that says whether there was one. */
async function sdkText(address: string): Promise<string> {
  let text: string | null = null;
  try {
    const reply = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(sdkMs) });
    if (reply.ok) text = (await reply.text()).replace(/^# EOF\n?$/m, '');
  } catch {
    // Told by the gauge below.
  }
  const about = new Registry();
  const help = "1 where the Temporal SDK's own metrics follow.";
  new Gauge({ name: 'middleware_temporal_metrics_up', help, registers: [about] }).set(text === null ? 0 : 1);
  return `${await about.metrics()}\n${text ?? ''}`;
}

function answerLive(request: IncomingMessage, response: ServerResponse, isRunning: boolean): void {
  answer(
    request,
    response,
    isRunning ? 200 : 503,
    'application/json',
    JSON.stringify({ status: isRunning ? 'live' : 'stopping' }),
  );
}

function answer(
  { method }: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
): void {
  const isRead = method === 'GET' || method === 'HEAD';
  response.writeHead(isRead ? status : 405, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    ...(isRead ? {} : { Allow: 'GET, HEAD' }),
  });
  response.end(method === 'GET' ? text : undefined);
}
