import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Starts one server on the first demand; the answer goes to every test that asks. */
export type Starter = () => Promise<{ answer: object; stop: () => Promise<void> }>;

export interface ServerBroker {
  url: string;
  /** Stops what was started, in the order reverse to the starts. */
  stop(): Promise<void>;
}

/**
 * The run's servers live in jest's parent process, which outlives its workers. The broker lets any worker ask for one
 * by name over loopback HTTP; so a run of pure tests starts nothing, and no lock files are needed.
 */
export async function startBroker(starters: Record<string, Starter>): Promise<ServerBroker> {
  const started = new Map<string, ReturnType<Starter>>();
  const server: Server = createServer((request, response) => {
    const name = (request.url ?? '/').slice(1);
    const start = starters[name];
    if (!start) return reply(response, 404, { error: `no server is called ${name}` });
    const running = started.get(name) ?? start();
    started.set(name, running);
    running.then(
      ({ answer }) => reply(response, 200, answer),
      (error: Error) => reply(response, 500, { error: error.message }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A start that hangs may take minutes (building the dev server); no test may be cut off by the default 5 minutes.
  server.requestTimeout = 0;
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const running of [...started.values()].reverse()) {
        // One that failed to start has told the test that asked; there is nothing to stop.
        const settled = await running.catch(() => undefined);
        await settled?.stop();
      }
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
