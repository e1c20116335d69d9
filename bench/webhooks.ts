import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'pg';
import { processEnv } from '../src/config/env';
import { migrate } from '../src/db/migrate';
import { startChild, type Child } from '../src/launch/childProcess';
import { startPostgres } from '../src/launch/postgresServer';
import { startTemporal } from '../src/launch/temporalServer';
import { cpuBetween, cpuSeconds } from './cpuTime';
import { syncTimes } from './syncTimes';
import { sendDeliveries, type LoadFigures } from './webhookLoad';

const dist = join(__dirname, '../..');
const clientSecret = 'bench-client-secret';
const portalId = '9000777001';
const load = { perSecond: 500, eventsEach: 10 };
/** The two take turns so often, and for so long each, that what else the machine does hits both alike. */
const turns = 15;
const turnSeconds = 2;
/** Before they are counted: Node compiles what it runs often, and does so for thousands of requests. */
const warmUpTurns = 5;
/** Files of the write-ahead log that a new server would have to make in the middle of the measure. */
const walFiles = 40;

export interface WebhookSide {
  requests: number;
  failed: number;
  /** Sent per second. */
  rate: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  /** CPU time per request, by process. */
  cpuMs: Record<string, number>;
}

export interface WebhookFigures {
  receiver: WebhookSide;
  bare: WebhookSide;
  /** What the disk alone takes to make 8 KB durable, as often, in turns with the two. */
  disk: { p50Ms: number; p99Ms: number; maxMs: number };
  /** Events that were sent to the receiver, and rows of the inbox afterwards. */
  sent: number;
  stored: number;
}

/**
 * The receiver beside a bare Express handler that only checks the signature, in turns, 500 requests of 10 events a second
 * each; Temporal runs, no worker does.
 */
export async function webhookLatency(folder: string, say: (line: string) => void): Promise<WebhookFigures> {
  const parts: { stop(): Promise<unknown> }[] = [];
  const home = join(folder, 'webhooks');
  mkdirSync(home, { recursive: true });
  try {
    say('starting Postgres, Temporal, the API and a bare handler');
    const postgres = await startPostgres({
      dataDir: join(home, 'postgres'),
      logFile: join(home, 'postgres.log'),
      settings: { min_wal_size: '1GB' },
    });
    parts.push(postgres);
    const temporal = await startTemporal({
      ...{ dataFile: join(home, 'temporal.db'), uiPort: false, logFile: join(home, 'temporal.log') },
    });
    parts.push(temporal);
    await migrate(postgres.url);
    const pool = new Pool({ connectionString: postgres.url, max: 1 });
    parts.push({ stop: () => pool.end() });
    await pool.query(`insert into portals (portal_id, name) values ($1, 'main')`, [portalId]);
    await fillLog(pool);
    const api = await program(home, 'api', join(dist, 'api/main.js'), [], 'api_ready', {
      ...{ DATABASE_URL: postgres.url, TRIBUTARY_CONFIG: join(dist, '../tributary.config.yaml') },
      ...{ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace },
      ...{ TRIBUTARY_API_PORT: '0', LOG_FORMAT: 'json', ...unusedSettings },
    });
    parts.push(api.child);
    const handler = join(dist, '.bench/bench/bareHandler.js');
    const bare = await program(home, 'bare', handler, [clientSecret], 'handler_ready', {});
    parts.push(bare.child);
    return await compare(
      { url: api.url, pids: { api: api.child.pid, postgres: postgres.pid } },
      { url: bare.url, pids: { handler: bare.child.pid } },
      { pool, folder: home },
      say,
    );
  } finally {
    for (const part of parts.reverse()) await part.stop();
  }
}

/** Leaves the server as one that has run for a while: its log goes round in files that are there already. */
async function fillLog(pool: Pool): Promise<void> {
  for (let made = 0; made < walFiles; made += 1) {
    await pool.query(`select pg_logical_emit_message(false, 'bench', ''), pg_switch_wal()`);
  }
  await pool.query('checkpoint');
}

interface Side {
  url: string;
  pids: Record<string, number>;
}

async function compare(
  receiver: Side,
  bare: Side,
  { pool, folder }: { pool: Pool; folder: string },
  say: (line: string) => void,
): Promise<WebhookFigures> {
  const loads = new Map<Side, LoadFigures[]>([
    [bare, []],
    [receiver, []],
  ]);
  const before = new Map<Side, Record<string, number>>();
  say(`500 requests/s of 10 events, ${turns} turns of ${turnSeconds} s each`);
  const syncs: number[] = [];
  for (let turn = 1 - warmUpTurns; turn <= turns; turn += 1) {
    for (const [side, counted] of loads) {
      if (turn === 1) before.set(side, cpuSeconds(side.pids));
      const target = { url: side.url, clientSecret, portalId };
      const figures = await sendDeliveries(target, { ...load, seconds: turnSeconds });
      if (turn > 0) counted.push(figures);
    }
    if (turn > 0) syncs.push(...(await syncTimes(folder, { perSecond: load.perSecond, seconds: 1 })));
  }
  const sideOf = (side: Side) =>
    figuresOf(loads.get(side) ?? [], cpuBetween(before.get(side) ?? {}, cpuSeconds(side.pids)));
  const { rows } = await pool.query<{ count: number }>('select count(*)::int as count from inbox_events');
  return {
    receiver: sideOf(receiver),
    bare: sideOf(bare),
    disk: percentiles(syncs),
    sent: (turns + warmUpTurns) * turnSeconds * load.perSecond * load.eventsEach,
    stored: rows[0]!.count,
  };
}

function figuresOf(loads: LoadFigures[], cpu: Record<string, number>): WebhookSide {
  const latencies = loads.flatMap((each) => each.latencies);
  return {
    requests: latencies.length,
    failed: loads.reduce((sum, { failed }) => sum + failed, 0),
    rate: loads.reduce((sum, { rate }) => sum + rate, 0) / loads.length,
    ...percentiles(latencies),
    cpuMs: Object.fromEntries(
      Object.entries(cpu).map(([name, seconds]) => [name, (seconds * 1_000) / latencies.length]),
    ),
  };
}

function percentiles(times: number[]): { p50Ms: number; p99Ms: number; maxMs: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

/** What the demo's configuration refers to and the API does not use. */
const unusedSettings = {
  HUBSPOT_CLIENT_SECRET: clientSecret,
  ...{ HUBSPOT_ACCESS_TOKEN: 'unused', AZURE_URL: 'postgres://unused', ERP_URL: 'postgres://unused' },
  ...{ IELTS_URL: 'http://unused', IELTS_TOKEN: 'unused', EOL_URL: 'http://unused', EOL_API_KEY: 'unused' },
  IMPACT_FOLDER: '/unused',
};

async function program(
  folder: string,
  name: string,
  file: string,
  args: string[],
  ready: string,
  env: Record<string, string>,
): Promise<{ child: Child; url: string }> {
  const { PATH, HOME } = processEnv();
  const logFile = join(folder, `${name}.log`);
  const child = await startChild({
    ...{ name, command: process.execPath, args: [file, ...args], env: { PATH, HOME, ...env }, logFile },
    readyLine: new RegExp(ready),
  });
  const line = readFileSync(logFile, 'utf8')
    .split('\n')
    .find((text) => text.includes(`"event":"${ready}"`));
  return { child, url: (JSON.parse(line ?? '{}') as { url: string }).url };
}

/** The figures as text, with their goals. */
export function webhookLines({ receiver, bare, disk, sent, stored }: WebhookFigures): string[] {
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const line = (name: string, side: WebhookSide) =>
    `  ${name.padEnd(18)} p50 ${ms(side.p50Ms)}, p99 ${ms(side.p99Ms)}, longest ${ms(side.maxMs)}, ${side.failed} of ${side.requests} not answered with 200; CPU per request: ${Object.entries(
      side.cpuMs,
    )
      .map(([name, value]) => `${name} ${ms(value)}`)
      .join(', ')}`;
  return [
    `webhooks, ${receiver.rate.toFixed(0)} requests/s of 10 events each, no worker: ${stored} of ${sent} events in the inbox`,
    line('receiver', receiver),
    line('bare handler', bare),
    `  ${'disk alone'.padEnd(18)} p50 ${ms(disk.p50Ms)}, p99 ${ms(disk.p99Ms)}, longest ${ms(disk.maxMs)}`,
    `  p99 of the receiver = ${(receiver.p99Ms / bare.p99Ms).toFixed(2)} × that of the bare handler (goal 3)`,
  ];
}
