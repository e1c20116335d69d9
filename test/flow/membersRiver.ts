import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { createApp } from '../../src/api/app';
import { createLogger } from '../../src/config/logger';
import { secretValue } from '../../src/config/secretValue';
import { taskQueue } from '../../src/workflows/contracts';
import { callSimulator, exportedRecords } from '../support/simulatorControl';
import { clubSource, onePortal, openClub } from './clubDatabase';
import { startBareRiver, type BareRiver } from './bareRiver';
import { runTributary } from './tributaryCommand';

/** A club's members in one SQL table; cards join records, and a record with two cards can be in doubt. */
const configText = `${onePortal}${clubSource}
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
  const club = await openClub(
    `create table members (id text primary key, email text, name text, city text, phone text, card text,
       second_card text, mail text, changed_at timestamptz not null default clock_timestamp())`,
  );
  const river = await startBareRiver({
    environment: { CLUB_URL: club.url },
    simulator: { portalId: 9_000_777_001 },
  });
  const config = await river.writeConfig('club.yaml', change(configText));
  await river.startWorker({ TRIBUTARY_CONFIG: config });
  const post = (path: string, body: unknown) => callSimulator(river.simulatorUrl, 'POST', path, body);
  const served = await serveApi(river);
  return {
    ...river,
    ...served,
    post,
    async put(...members) {
      for (const { id, email, name, city, phone, card, second_card, mail } of members) {
        await club.client.query(
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
      const live = (await exportedRecords(river.simulatorUrl, 'contacts')).filter(
        ({ archived }) => !archived,
      );
      return new Map(live.map(({ id, properties }) => [id, properties] as const));
    },
    tributary: (...args) =>
      runTributary(river, args, {
        TRIBUTARY_CONFIG: config,
        CLUB_URL: club.url,
        HUBSPOT_ACCESS_TOKEN: 'pat-simulator',
        HUBSPOT_BASE_URL: river.simulatorUrl,
      }),
    async stop() {
      await served.close();
      await river.stop();
      await club.close();
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
