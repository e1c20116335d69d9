import { startListServer, type Answer, type ListServer } from '../sources/listServer';
import type { Child } from '../../src/launch/childProcess';
import { bellSignal, laneWorkflow, taskQueue } from '../../src/workflows/contracts';
import { clubSource, onePortal, openClub } from './clubDatabase';
import { startBareRiver, type BareRiver, type BareRiverOptions } from './bareRiver';

/** A club's database and its help desk's API know the same people, and both take write-backs. */
export const deskConfig = `${onePortal}${clubSource}
      members:
        object: contacts
        table: members
        recordKey: id
        cursor: changed_at
        map:
          email: { from: email, transforms: [email] }
          lastname: { from: name, transforms: [trim] }
          city: { from: city, transforms: [trim] }
          phone: { from: phone, transforms: [e164] }
          marketing_opt_out: { from: no_mail, transforms: [boolean] }
        writeBack:
          fields: { city: city, phone: phone, marketing_opt_out: no_mail }
  desk:
    kind: rest
    connection: { baseUrl: 'env:DESK_URL', requestsPerSecond: 1000 }
    streams:
      callers:
        object: contacts
        path: /callers
        recordKey: ref
        cursor: changed
        cursorParameter: since
        map:
          email: { from: mail, transforms: [email] }
          city: { from: address.city, transforms: [trim] }
          phone: { from: tel, transforms: [e164] }
          marketing_opt_out: { from: quiet, transforms: [{ enum: { J: 'true', N: 'false' } }] }
        writeBack:
          path: /callers/{ref}
          fields:
            city: address.city
            phone: tel
            marketing_opt_out: { to: quiet, transforms: [{ enum: { 'true': J } }] }
objects:
  contacts:
    identity:
      rules:
        - { name: email, fields: [email], fold: email }
    precedence: [club, desk]
    fields:
      phone: { resolve: recent }
      marketing_opt_out: { optOut: 'true' }
    properties:
      marketing_opt_out: { label: Marketing opt-out, type: bool, fieldType: booleancheckbox }
`;

export interface Member {
  id: number;
  email: string;
  name: string;
  city?: string | null;
  phone?: string | null;
  no_mail?: boolean | null;
  changed_at?: string;
}

export interface Caller {
  ref: string;
  mail: string;
  tel?: string | null;
  address?: { city?: string | null };
  quiet?: string | null;
  changed: string;
}

export interface DeskRiver extends BareRiver {
  desk: Desk;
  /** Runs SQL in the club's database. */
  club<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>;
  addMembers(...members: Member[]): Promise<void>;
  member(id: number): Promise<Record<string, unknown>>;
  /** How many write-backs reached the two systems since the last call of this. */
  writes(): Promise<{ club: number; desk: number }>;
  /** Stops the worker and starts one on a changed configuration. */
  restartWith(change: (text: string) => string, environment?: Record<string, string>): Promise<Child>;
  /** Rings the lane of a target. */
  ring(target: string): Promise<unknown>;
}

export interface Desk extends ListServer {
  callers: Map<string, Caller>;
  /** How a write is answered instead of being done: the desk is down, or refuses. */
  refuse: (ref: string) => Answer | null;
  /** Until then a write is not answered. */
  answersAfter: (ref: string) => Promise<void> | undefined;
  /** What the desk makes of a change. */
  keeps: (change: Partial<Caller>) => Partial<Caller>;
  /** What was written: who, what, and the key of the change. */
  written: { ref: string; body: Record<string, unknown>; key: string }[];
  put(...callers: Omit<Caller, 'changed'>[]): void;
}

/** The desk's API: a list, and a PATCH per caller that touches its time, as such systems do. */
async function startDesk(): Promise<Desk> {
  const callers = new Map<string, Caller>();
  const desk: Desk = Object.assign(
    await startListServer(async ({ method, path, query, headers, body }) => {
      if (method === 'GET') {
        const since = query.get('since') ?? '';
        return { body: [...callers.values()].filter(({ changed }) => changed >= since) };
      }
      const ref = decodeURIComponent(path.slice('/callers/'.length));
      await desk.answersAfter(ref);
      const refused = desk.refuse(ref);
      if (refused) return { body: { error: `no: ${body}` }, ...refused };
      const caller = callers.get(ref);
      if (method !== 'PATCH' || !caller) return { status: 404 };
      const asked = JSON.parse(body) as Partial<Caller>;
      desk.written.push({ ref, body: asked, key: String(headers['idempotency-key']) });
      const change = desk.keeps(asked);
      const address = { ...caller.address, ...change.address };
      callers.set(ref, { ...caller, ...change, address, changed: new Date().toISOString() });
      return { body: {} };
    }),
    {
      callers,
      refuse: () => null,
      answersAfter: () => undefined,
      keeps: (change: Partial<Caller>) => change,
      written: [],
      put: (...given: Omit<Caller, 'changed'>[]) => {
        for (const caller of given) callers.set(caller.ref, { ...caller, changed: new Date().toISOString() });
      },
    },
  );
  return desk;
}

/** Starts both systems and a river that is live. */
export async function startDeskRiver(
  environment: Record<string, string> = {},
  simulator: BareRiverOptions['simulator'] = {},
): Promise<DeskRiver> {
  // Whoever changes a row by hand says so by its time; what is written back is counted by a trigger.
  const source = await openClub(
    `create table members (id int primary key, email text, name text, city text check (city <> 'Nowhere'),
       phone varchar(20), no_mail boolean, changed_at timestamptz not null default clock_timestamp());
     create table written (id int);
     create function touch() returns trigger language plpgsql as $$ begin
       if new.changed_at = old.changed_at then
         new.changed_at := clock_timestamp();
         insert into written values (new.id);
       end if;
       return new;
     end $$;
     create trigger touch before update on members for each row execute function touch()`,
  );
  const desk = await startDesk();
  const river = await startBareRiver({
    environment: { CLUB_URL: source.url, DESK_URL: desk.url, ...environment },
    simulator: { portalId: 9_000_777_001, ...simulator },
  });
  const club = async <Row extends object>(sql: string, values: unknown[] = []) =>
    (await source.client.query<Row>(sql, values)).rows;
  let configs = 0;
  let worker: Child | null = null;
  const restartWith: DeskRiver['restartWith'] = async (change, env = {}) => {
    await worker?.stop();
    const config = await river.writeConfig(`club-${(configs += 1)}.yaml`, change(deskConfig));
    worker = await river.startWorker({ TRIBUTARY_CONFIG: config, ...env });
    return worker;
  };
  await restartWith((text) => text);
  await river.open();
  const stopRiver = river.stop;
  return Object.assign(river, {
    desk,
    club,
    async addMembers(...members: Member[]) {
      for (const { id, email, name, city, phone, no_mail, changed_at } of members) {
        await club(
          `insert into members values ($1, $2, $3, $4, $5, $6, coalesce($7::timestamptz, clock_timestamp()))
           on conflict (id) do update set email = $2, name = $3, city = $4, phone = $5, no_mail = $6,
             changed_at = clock_timestamp()`,
          [id, email, name, city ?? null, phone ?? null, no_mail ?? null, changed_at ?? null],
        );
      }
    },
    async member(id: number) {
      const [row] = await club('select email, city, phone, no_mail from members where id = $1', [id]);
      return row as Record<string, unknown>;
    },
    async writes() {
      const [row] = await club<{ count: string }>('select count(*) as count from written');
      const count = { club: Number(row!.count), desk: desk.written.length };
      await club('delete from written');
      desk.written = [];
      return count;
    },
    restartWith,
    ring(target: string) {
      const { workflowId, input } = laneWorkflow(river.portalId, { lane: 'writeBack', target });
      return river.temporal.workflow.signalWithStart('writeBack', {
        ...{ workflowId, taskQueue, args: [input], signal: bellSignal, signalArgs: [] },
      });
    },
    async stop() {
      await stopRiver();
      await desk.close();
      await source.close();
    },
  });
}
