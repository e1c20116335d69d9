import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { answer, type Answer } from './answer';
import { answerConsent, isConsent } from './oauth/consentPage';
import { answerControl, isControl } from './control';
import { seedPortal, type Seed, type Seeded } from './seed';
import { createSimulator, type Simulator, type SimulatorOptions } from './simulator';

export type { SimulatorOptions } from './simulator';
export type { Seed } from './seed';

/** A running simulator. */
export interface RunningSimulator {
  url: string;
  port: number;
  portalId: number;
  /** Fills the portal without HTTP; the same as POST /_simulator/seed. */
  seed(seed: Seed): Seeded;
  /** Ends open calls within two seconds, closes the journal. */
  stop(): Promise<void>;
}

const stopWithinMs = 2000;

/** Starts a HubSpot, on 127.0.0.1 where no other host is given. Rejects when the port is taken or the state belongs to another portal. */
export async function startHubSpotSimulator(options: SimulatorOptions = {}): Promise<RunningSimulator> {
  const simulator = createSimulator(options);
  const server = createServer(
    { keepAliveTimeout: 65_000 },
    (request, response) => void serve(simulator, request, response),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    portalId: simulator.account.portalId,
    seed: (seed) => seedPortal(simulator, seed),
    async stop() {
      const cut = setTimeout(() => server.closeAllConnections(), stopWithinMs);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await closed;
      clearTimeout(cut);
      simulator.journal?.close();
    },
  };
}

async function serve(
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    if (isControl(request.url ?? '/')) await answerControl(simulator, request, response);
    else if (isConsent(request.url ?? '/')) await answerConsent(simulator, request, response);
    else send(simulator, response, await answer(simulator, request));
  } catch (error) {
    // A client that hangs up in the middle of its body is no defect.
    if (request.destroyed && !request.complete) return;
    process.stderr.write(`simulator: ${error instanceof Error ? error.stack : String(error)}\n`);
    if (response.headersSent) response.destroy();
    else
      response
        .writeHead(500, { 'Content-Type': 'application/json' })
        .end('{"status":"error","message":"simulator defect"}');
  }
}

function send(simulator: Simulator, response: ServerResponse, reply: Answer): void {
  if (reply === 'drop') {
    response.socket?.resetAndDestroy();
    return;
  }
  const { status, body, headers } = reply;
  // The date a client sees is the simulator's, offset included.
  response.sendDate = false;
  const all: Record<string, string | number> = {
    Date: new Date(simulator.now()).toUTCString(),
    'X-HubSpot-Correlation-Id': randomUUID(),
    ...headers,
  };
  if (body === undefined) {
    response.writeHead(status, all).end();
    return;
  }
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body), 'utf8');
  response.writeHead(status, {
    'Content-Type': 'application/json;charset=utf-8',
    ...all,
    'Content-Length': bytes.length,
  });
  response.end(bytes);
}
