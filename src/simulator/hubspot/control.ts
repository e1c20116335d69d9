import type { IncomingMessage, ServerResponse } from 'node:http';
import { asObject, type Reply } from './call';
import { browseRecords, inspectRecord, overview } from './page/browse';
import { exportLines } from './exportPortal';
import { handwork } from './page/handwork';
import { page } from './page/page';
import { notFound, Rejected } from './rejection';
import { seedPortal } from './seed';
import { changeSettings } from './settings';
import { perform, replyOf, resetSimulator, type Simulator } from './simulator';
import { switchChoices } from './switches';

type Handler = (simulator: Simulator, query: URLSearchParams, body: unknown) => unknown;

const settings: Handler = (simulator, _query, body) => {
  changeSettings(simulator.settings, asObject(body, 'settings'), simulator.now());
  return simulator.settings;
};

const setSwitches: Handler = (simulator, _query, body) => {
  changeSettings(simulator.settings, { switches: asObject(body, 'switches') }, simulator.now());
  return simulator.settings.switches;
};

const stats: Handler = (simulator) => ({
  ...simulator.stats.report(),
  limits: simulator.limits.report(),
  faults: simulator.faults.list().map(({ id, do: kind, matched, hits }) => ({ id, do: kind, matched, hits })),
  equalValueWrites: simulator.portal.equalValueWrites,
  webhooks: simulator.webhooks.report(),
});

/** A file of the Webhooks Journal, where its address leads: no token (facts 8.2). */
const journalFile: Handler = (simulator, query) => {
  const entry = simulator.events.find(query.get('offset') ?? '');
  if (!entry) throw new Rejected(notFound());
  const { offset, publishedAt, events } = entry;
  return { offset, journalEvents: events, publishedAt: new Date(publishedAt).toISOString() };
};

/** Uninstalls an app (or all), as a person does in HubSpot's settings: nobody tells the app. */
const uninstall: Handler = (simulator, _query, body) => {
  const { clientId } = asObject(body, 'uninstall');
  const gone = [...simulator.portal.installs.keys()].filter(
    (id) => clientId === undefined || id === clientId,
  );
  perform(simulator, {}, (call) => {
    for (const id of gone) call.write({ do: 'uninstall', clientId: id });
  });
  return { uninstalled: gone };
};

const handlers: Record<string, Handler> = {
  'GET /_simulator': overview,
  'GET /_simulator/settings': (simulator) => simulator.settings,
  'POST /_simulator/settings': settings,
  'GET /_simulator/switches': (simulator) => ({
    current: simulator.settings.switches,
    choices: switchChoices,
  }),
  'POST /_simulator/switches': setSwitches,
  'GET /_simulator/faults': (simulator) => ({ faults: simulator.faults.list() }),
  'POST /_simulator/faults': (simulator, _query, body) => simulator.faults.add(body),
  'DELETE /_simulator/faults': (simulator, query) => {
    simulator.faults.clear(query.has('id') ? Number(query.get('id')) : undefined);
    return { faults: simulator.faults.list() };
  },
  'GET /_simulator/stats': stats,
  'POST /_simulator/stats/reset': (simulator) => {
    simulator.stats.reset();
    simulator.limits.reset();
    simulator.portal.equalValueWrites = 0;
    return { reset: true };
  },
  'POST /_simulator/daily': (simulator, _query, body) => {
    simulator.limits.setDailyUsed(Number(asObject(body, 'daily')['used']));
    return simulator.limits.report().daily;
  },
  'POST /_simulator/seed': (simulator, _query, body) => seedPortal(simulator, asObject(body, 'seed')),
  'POST /_simulator/reset': (simulator) => {
    resetSimulator(simulator);
    return { reset: true };
  },
  ...Object.fromEntries(
    Object.entries(handwork).map(([name, work]): [string, Handler] => [
      `POST /_simulator/${name}`,
      (simulator, _query, body) => work(simulator, body),
    ]),
  ),
  'GET /_simulator/journal': journalFile,
  'POST /_simulator/uninstall': uninstall,
  'GET /_simulator/browse': (simulator, query) => browseRecords(simulator, query),
  'GET /_simulator/record': (simulator, query) => inspectRecord(simulator, query),
};

/** Whether an address belongs to the simulator itself rather than to HubSpot's API. */
export function isControl(address: string): boolean {
  return (
    address === '/' ||
    address.startsWith('/?') ||
    address.startsWith('/_simulator') ||
    address === '/favicon.ico'
  );
}

/** Answers the page and the control plane: no token, no limits, no faults. */
export async function answerControl(
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator');
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  if (url.pathname === '/') {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(page);
    return;
  }
  if (url.pathname === '/favicon.ico') {
    response.writeHead(204).end();
    return;
  }
  if (request.method === 'GET' && url.pathname === '/_simulator/export') {
    await sendLines(response, exportLines(simulator, url.searchParams.get('objectType') ?? undefined));
    return;
  }
  const handler = handlers[`${request.method} ${url.pathname}`];
  const reply = replyOf((): Reply => {
    if (!handler) throw new Rejected(notFound());
    const text = Buffer.concat(chunks).toString('utf8');
    return { status: 200, body: handler(simulator, url.searchParams, text === '' ? {} : JSON.parse(text)) };
  });
  response.writeHead(reply.status, { 'Content-Type': 'application/json' }).end(JSON.stringify(reply.body));
}

const bytesPerWrite = 256 * 1024;

async function sendLines(response: ServerResponse, lines: Iterable<string>): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < bytesPerWrite) continue;
    if (!response.write(text)) await new Promise((resolve) => response.once('drain', resolve));
    text = '';
  }
  response.end(text);
}
