import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings, SourceSettings, StreamSettings } from '../src/activities/deps';
import { loadConfig } from '../src/config/loadConfig';
import { applySetup } from '../src/hubspot/applySetup';
import type { HubSpotClient } from '../src/hubspot/client';
import { planSetup } from '../src/hubspot/planSetup';
import { listProperties, listPropertyGroups } from '../src/hubspot/properties';
import { readHubSpotPage } from '../src/hubspot/source';
import { settingsOf } from '../src/worker/settings';
import { politeCall, type CallCount } from './politeCall';
import { withIdsOf, withRecordIds, type Recorded, type RecordedBatch } from './recordedBatches';
import type { Twin } from './stack';

/** Calls side by side: three waves of ten, as many as the river begins with. */
const concurrency = 30;
const deadlineMs = 60_000;
const hubspotPageSize = 1_000;

export interface BareFigures extends CallCount {
  seconds: number;
  readSeconds: number;
  rows: number;
  inputs: number;
}

export interface BareLoop {
  /** Creates the properties that the batches need. Not measured. */
  setUp(): Promise<void>;
  /** The first load: reads all sources, then sends all. */
  load(recorded: Recorded): Promise<BareFigures>;
  /** Sends batches, and nothing else: a loop without memory cannot know that HubSpot holds them already. */
  send(recorded: Recorded): Promise<BareFigures>;
}

/**
 * What the river would be without durability: reads the same sources with the same readers, all streams side by side,
 * then sends the same batches, keeps nothing but the ids that HubSpot gave and checks nothing but the status.
 */
export function bareLoop(twin: Twin): BareLoop {
  const idOf = new Map<string, string>();
  async function sendRecorded(recorded: Recorded, count: CallCount): Promise<number> {
    const take = (reply: Reply) => {
      for (const { id, objectWriteTraceId } of reply.results ?? []) idOf.set(objectWriteTraceId ?? '', id);
    };
    await sendAll(
      twin.url,
      recorded.records.map((batch) => withRecordIds(batch, idOf)),
      count,
      take,
    );
    const associations = recorded.associations.map((batch) => withIdsOf(batch, idOf));
    await sendAll(twin.url, associations, count, () => undefined);
    return [...recorded.records, ...associations].reduce((sum, { inputs }) => sum + inputs, 0);
  }
  return {
    async setUp() {
      const settings = twinSettings(twin);
      await setUp(settings.portals[0]!.client, settings);
    },
    async load(recorded) {
      const count = { calls: 0, refused: 0 };
      const settings = twinSettings(twin);
      const client = polite(settings.portals[0]!.client, count);
      const began = performance.now();
      const hubspot = settings.objects.map((object) => readHubSpot(client, object, settings));
      const sources = settings.sources.map(readSource);
      const rows = (await Promise.all([...hubspot, ...sources])).reduce((sum, each) => sum + each, 0);
      const readSeconds = (performance.now() - began) / 1_000;
      const inputs = await sendRecorded(recorded, count);
      return { ...count, rows, inputs, readSeconds, seconds: (performance.now() - began) / 1_000 };
    },
    async send(recorded) {
      const count = { calls: 0, refused: 0 };
      const began = performance.now();
      const inputs = await sendRecorded(recorded, count);
      return { ...count, rows: 0, inputs, readSeconds: 0, seconds: (performance.now() - began) / 1_000 };
    },
  };
}

/** On 429 it sleeps as HubSpot says and tries again. */
function polite(client: HubSpotClient, count: CallCount): HubSpotClient {
  return {
    ...client,
    async send(request) {
      for (;;) {
        count.calls += 1;
        const reply = await client.send(request);
        if (reply.status !== 429) return reply;
        count.refused += 1;
        await sleep(reply.headers.retryAfterMs ?? 1_000);
      }
    },
  };
}

function twinSettings({ environment }: Twin): Settings {
  const readers = { env: environment, readSecretFile: (path: string) => readFileSync(path, 'utf8') };
  const now = () => new Date();
  const loaded = loadConfig({ ...readers, path: environment['TRIBUTARY_CONFIG']!, now: now() });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return settingsOf(loaded.config, {
    readers,
    now,
    callDeadlineMs: deadlineMs,
    onCall: () => undefined,
    accessTokens: () => {
      throw new Error('the bench knows no OAuth');
    },
  });
}

async function setUp(client: HubSpotClient, { objects }: Settings): Promise<void> {
  const wanted = [];
  for (const { hubspotType, customProperties } of objects) {
    const existing = await listProperties(client, hubspotType);
    const groups = await listPropertyGroups(client, hubspotType);
    wanted.push({ objectType: hubspotType, wanted: customProperties, existing, groups });
  }
  await applySetup(client, planSetup(wanted));
}

async function readHubSpot(client: HubSpotClient, object: Settings['objects'][number], settings: Settings) {
  const typeOf = new Map(settings.objects.map(({ objectType, hubspotType }) => [objectType, hubspotType]));
  const existing = new Set((await listProperties(client, object.hubspotType)).map(({ name }) => name));
  let rows = 0;
  let after: string | null = null;
  do {
    const page = await readHubSpotPage(client, {
      objectType: object.hubspotType,
      properties: object.properties.filter((name) => existing.has(name)),
      associatedWith: object.associatedWith.map((objectType) => ({
        objectType,
        hubspotType: typeOf.get(objectType) ?? objectType,
      })),
      after,
      pageSize: hubspotPageSize,
    });
    rows += page.records.length;
    after = page.next;
  } while (after !== null);
  return rows;
}

async function readSource(source: SourceSettings): Promise<number> {
  const opened = await source.open();
  const counts = await Promise.all(source.streams.map((stream) => readStream(opened, stream)));
  await opened.close();
  return counts.reduce((sum, count) => sum + count, 0);
}

async function readStream(
  opened: Awaited<ReturnType<SourceSettings['open']>>,
  stream: StreamSettings,
): Promise<number> {
  let rows = 0;
  let position = null;
  do {
    const page = await opened.readPage({
      stream: stream.name,
      options: stream.options,
      recordKey: stream.recordKey,
      ...(stream.cursorField === undefined ? {} : { cursorField: stream.cursorField }),
      lookbackMs: stream.lookbackMs,
      pageSize: stream.pageSize,
      position,
      since: null,
    });
    rows += page.records.length;
    position = page.next;
  } while (position !== null);
  return rows;
}

interface Reply {
  results?: { id: string; objectWriteTraceId?: string }[];
}

async function sendAll(
  url: string,
  batches: RecordedBatch[],
  count: CallCount,
  take: (reply: Reply) => void,
): Promise<void> {
  let next = 0;
  const sender = async () => {
    for (let batch = batches[next++]; batch; batch = batches[next++]) {
      const reply = await politeCall(url, { method: 'POST', ...batch }, count);
      if (!reply.ok) throw new Error(`${batch.path} answered ${reply.status}: ${await reply.text()}`);
      take((await reply.json()) as Reply);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, sender));
}
