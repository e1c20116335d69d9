import type { IncomingMessage, ServerResponse } from 'node:http';
import { asObject, asText, type Reply } from './call';
import { browseRecords, inspectRecord, overview } from './browse';
import { exportLines } from './exportPortal';
import { page } from './page';
import { planUpdate, sceneOf } from './recordWrites';
import { tableOf } from './portal';
import { findRecord } from './recordTable';
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
});

/** A change by somebody else: `{objectType, id, properties, sourceType?, sourceId?}`; by default a person in the UI. */
const edit: Handler = (simulator, _query, body) => {
  const order = asObject(body, 'edit');
  const text = (name: string, otherwise: string): string =>
    order[name] === undefined ? otherwise : asText(order[name], name);
  const stamp = { at: simulator.now(), type: text('sourceType', 'CRM_UI'), id: text('sourceId', 'userId:1') };
  return perform(simulator, { stamp, version: 'v3' }, (call) => {
    const table = tableOf(call.portal, text('objectType', ''));
    const record = findRecord(table, text('id', ''));
    if (!record) throw new Rejected(notFound());
    const planned = planUpdate(
      call,
      sceneOf(call, table),
      record,
      asObject(order['properties'], 'properties'),
    );
    if ('status' in planned) throw new Rejected(planned);
    return planned.commit();
  });
};

/** Takes an archived record out of the recycle bin, as a person does in HubSpot. */
const restore: Handler = (simulator, _query, body) => {
  const { objectType, id } = asObject(body, 'restore');
  return perform(simulator, {}, (call) => {
    const table = tableOf(call.portal, asText(objectType, 'objectType'));
    const record = table.records.get(asText(id, 'id'));
    if (record?.archivedAt === undefined) throw new Rejected(notFound());
    call.write({ do: 'restore', type: table.typeId, id: record.id });
    return { restored: record.id };
  });
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
  'POST /_simulator/edit': edit,
  'POST /_simulator/restore': restore,
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
