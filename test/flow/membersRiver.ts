import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from 'pg';
import { Registry } from 'prom-client';
import { createApp } from '../../src/api/app';
import { createLogger } from '../../src/config/logger';
import { secretValue } from '../../src/config/secretValue';
import { taskQueue } from '../../src/workflows/contracts';
import { emptyDatabase } from '../support/postgres';
import { startBareRiver, type BareRiver } from './bareRiver';
import { runTributary } from './tributaryCommand';

/** A club's members in one SQL table; cards join records, and a record with two cards can be in doubt. */
const configText = `
version: 1
timeZone: Europe/London
defaultRegion: GB
portals:
  main: { portalId: 9000777001, apiVersion: '2026-09', accessToken: 'env:HUBSPOT_ACCESS_TOKEN' }
sources:
  club:
    kind: sql
    connection: { dialect: postgres, url: 'env:CLUB_URL' }
    streams:
      members:
        object: contacts
        table: members
        recordKey: id
        cursor: changed_at
        map:
          email: { from: email, transforms: [email] }
          firstname: { from: name, transforms: [trim] }
          city: { from: city, transforms: [trim] }
          phone: { from: phone, transforms: [e164] }
          card: { from: card, transforms: [trim] }
          second_card: { from: second_card, transforms: [trim] }
          mail: mail
objects:
  contacts:
    fields:
      mail: { optOut: none }
    identity:
      rules:
        - { name: card, fields: [card, second_card], fold: exact }
    precedence: [club]
    properties:
      card: { label: Card, type: string, fieldType: text }
      second_card: { label: Second card, type: string, fieldType: text }
      mail: { label: Mail, type: string, fieldType: text }
`;

export interface Member {
  id: string;
  email: string;
  name?: string;
  city?: string;
  phone?: string;
  card?: string;
  second_card?: string;
  /** 'none' is an opt-out, and so urgent. */
  mail?: string;
}

export interface MembersRiver extends BareRiver {
  /** Adds or changes members at the source. */
  put(...members: Member[]): Promise<void>;
  /** A call of the simulator's control plane or API. */
  post(path: string, body: unknown): Promise<unknown>;
  /** HubSpot's contacts by id. */
  contacts(): Promise<Map<string, Record<string, string | null>>>;
  /** A request to the API; with a body it is a POST. */
  api(path: string, body?: object): Promise<{ status: number; json: Record<string, unknown> }>;
  /** What the API has logged. */
  apiLines: string[];
  /** Runs the `tributary` command and parses its JSON. */
  tributary(...args: string[]): Promise<Record<string, unknown>>;
}

/** @param change changes the text of the configuration */
export async function startMembersRiver(change = (text: string) => text): Promise<MembersRiver> {
  const source = await emptyDatabase();
  const club = new Client({ connectionString: source.url });
  await club.connect();
  await club.query(
    `create table members (id text primary key, email text, name text, city text, phone text, card text,
       second_card text, mail text, changed_at timestamptz not null default clock_timestamp())`,
  );
  const river = await startBareRiver({
    config: 'written below',
    environment: { CLUB_URL: source.url },
    simulator: { portalId: 9_000_777_001 },
  });
  const config = await river.writeConfig('club.yaml', change(configText));
  await river.startWorker({ TRIBUTARY_CONFIG: config });
  const post = async (path: string, body: unknown) => {
    const reply = await fetch(`${river.simulatorUrl}${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer pat-simulator', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
    return reply.json();
  };
  const served = await serveApi(river);
  return {
    ...river,
    ...served,
    post,
    async put(...members) {
      for (const { id, email, name, city, phone, card, second_card, mail } of members) {
        await club.query(
          `insert into members (id, email, name, city, phone, card, second_card, mail)
           values ($1, $2, $3, $4, $5, $6, $7, $8)
           on conflict (id) do update set email = excluded.email, name = excluded.name, city = excluded.city,
             phone = excluded.phone, card = excluded.card, second_card = excluded.second_card, mail = excluded.mail,
             changed_at = clock_timestamp()`,
          [id, email, name, city, phone, card, second_card, mail],
        );
      }
    },
    async contacts() {
      const reply = await fetch(`${river.simulatorUrl}/_simulator/export?objectType=contacts`);
      const lines = (await reply.text()).split('\n').filter((line) => line !== '');
      const records = lines.map((line) => JSON.parse(line) as ExportedLine);
      return new Map(
        records.flatMap(({ id, properties, archived }) =>
          id !== undefined && properties && !archived ? [[id, properties] as const] : [],
        ),
      );
    },
    tributary: (...args) =>
      runTributary(river, args, {
        TRIBUTARY_CONFIG: config,
        CLUB_URL: source.url,
        HUBSPOT_ACCESS_TOKEN: 'pat-simulator',
        HUBSPOT_BASE_URL: river.simulatorUrl,
      }),
    async stop() {
      await served.close();
      await river.stop();
      await club.end();
      await source.drop();
    },
  };
}

const token = 'token-of-the-members-test';

/** The API of a river over real HTTP. */
async function serveApi({ pool, temporal }: BareRiver) {
  const apiLines: string[] = [];
  const app = createApp({
    pool,
    temporal,
    log: createLogger({
      ...{ level: 'trace', format: 'json' },
      destination: { write: (line) => void apiLines.push(line) },
    }),
    sources: ['club'],
    portals: ['main'],
    apps: [],
    keys: [],
    token: secretValue(token),
    taskQueue,
    temporalUiUrl: undefined,
    workerMetricsUrls: [],
    registry: new Registry(),
    newId: randomUUID,
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    apiLines,
    async api(path: string, body?: object) {
      const reply = await fetch(`${url}${path}`, {
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      });
      return { status: reply.status, json: (await reply.json()) as Record<string, unknown> };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface ExportedLine {
  id?: string;
  properties?: Record<string, string | null>;
  archived?: boolean;
}

/** Asks again and again until the answer is right. @throws with the last answer after `waitMs` */
export async function until<Answer>(
  ask: () => Promise<Answer>,
  isRight: (answer: Answer) => boolean,
  waitMs = 120_000,
): Promise<Answer> {
  const end = performance.now() + waitMs;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    if (performance.now() > end) throw new Error(`it did not come to be; last: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
