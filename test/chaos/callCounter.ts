import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

/** Counts calls of some paths that arrive at a server of this process, and acts at given numbers. */
export interface CallCounter {
  count(): number;
  /** Runs `action` when the `number`th call arrives, counted from now on. */
  at(number: number, action: () => void): void;
  /** Forgets the actions that did not come. */
  clear(): void;
  close(): void;
}

const channel = 'http.server.request.start';

/** Exact to the call, which polling the simulator's report would not be. */
export function countCalls(port: number, path: RegExp): CallCounter {
  let calls = 0;
  let waiting: { number: number; action: () => void }[] = [];
  const onRequest = (message: unknown) => {
    const { request } = message as { request: IncomingMessage };
    if (request.socket.localPort !== port || !path.test(request.url ?? '')) return;
    calls += 1;
    const due = waiting.filter(({ number }) => number <= calls);
    waiting = waiting.filter(({ number }) => number > calls);
    for (const { action } of due) action();
  };
  subscribe(channel, onRequest);
  return {
    count: () => calls,
    at(number, action) {
      waiting.push({ number: calls + number, action });
    },
    clear() {
      waiting = [];
    },
    close: () => void unsubscribe(channel, onRequest),
  };
}
