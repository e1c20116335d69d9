import http from 'node:http';
import https from 'node:https';

/**
 * Process-wide keep-alive connections to HubSpot, and the one way to get hold of the request that
 * `@hubspot/api-client` makes. Its `apiRequest` (13.5.0, node-fetch 2) knows neither timeout, signal nor agent
 * and always takes Node's global agent; so this agent stands in for the global one during the synchronous part
 * of the call, in which node-fetch opens its request. Other users of the global agent never see ours.
 */

/** Connections per host. Leases pace the calls; this only bounds a fault. */
const socketsMax = 64;
/** Below the 5 s after which Node servers (the simulator) close an idle connection: no race with their close. */
const idleMs = 4000;

type AddRequest = (request: http.ClientRequest, ...rest: unknown[]) => void;

let taken: http.ClientRequest | null = null;

const options = { keepAlive: true, maxSockets: socketsMax, maxFreeSockets: socketsMax, timeout: idleMs };
const plain = noticing(new http.Agent(options));
const secure = noticing(new https.Agent(options));

/**
 * Runs `start` (which must open its HTTP request before it returns) on our agents.
 * Out: what `start` returned, and the request it opened, or null if it opened none or opened it later.
 */
export function withCallAgent<T>(start: () => T): { result: T; request: http.ClientRequest | null } {
  const before = { plain: http.globalAgent, secure: https.globalAgent };
  taken = null;
  http.globalAgent = plain;
  https.globalAgent = secure;
  try {
    const result = start();
    return { result, request: taken };
  } finally {
    http.globalAgent = before.plain;
    https.globalAgent = before.secure;
    taken = null;
  }
}

/** `addRequest` is what every Node agent implements and ClientRequest calls from its constructor. */
function noticing<A extends http.Agent>(agent: A): A {
  const opened = agent as A & { addRequest: AddRequest };
  const addRequest = opened.addRequest.bind(agent);
  opened.addRequest = (request, ...rest) => {
    taken = request;
    // One call is one request: without a location node-fetch hands the 3xx back instead of following it.
    request.once('response', (response) => delete response.headers['location']);
    addRequest(request, ...rest);
  };
  return agent;
}
