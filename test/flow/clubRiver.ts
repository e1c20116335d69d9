import type { Child } from '../../src/launch/childProcess';
import { callSimulator } from '../support/simulatorControl';
import { clubSource, onePortal, openClub } from './clubDatabase';
import { startBareRiver, type BareRiver } from './bareRiver';
import { tellInbox, type Told } from './tellInbox';

/** A club: members belong to teams, in two SQL tables. HubSpot may change a member's city too, and owns the job. */
const configText = `${onePortal}${clubSource}
      teams:
        object: companies
        table: teams
        recordKey: id
        cursor: changed_at
        map:
          name: { from: name, transforms: [trim] }
          domain: { from: domain, transforms: [domain] }
      members:
        object: contacts
        table: members
        recordKey: id
        cursor: changed_at
        map:
          email: { from: email, transforms: [email] }
          firstname: { from: first, transforms: [trim] }
          lastname: { from: last, transforms: [trim] }
          city: { from: city, transforms: [trim] }
          phone: { from: phone, transforms: [e164] }
        references:
          - { to: club.teams, from: team }
      letters: # who takes the newsletter, known by nothing but an address
        object: contacts
        table: letters
        recordKey: address
        cursor: changed_at
        map:
          email: { from: address, transforms: [email] }
          phone: { from: phone, transforms: [e164] }
objects:
  companies:
    identity:
      rules:
        - { name: domain, fields: [domain], fold: domain }
  contacts:
    identity:
      rules:
        - { name: email, fields: [email, hs_additional_emails], fold: email }
        - name: phone
          fields: [phone]
          fold: phone
          similar: { fields: [firstname, lastname], above: 0.9 }
    precedence: [club]
    fields:
      city: { ownership: shared }
      jobtitle: { ownership: hubspot }
`;

export interface Member {
  id: string;
  email: string;
  first: string;
  last: string;
  city?: string;
  phone?: string;
  team?: string;
}

export interface ClubRiver extends BareRiver {
  /** Adds or changes members at the source. */
  put(...members: Member[]): Promise<void>;
  putTeam(id: string, name: string, domain: string): Promise<void>;
  putLetter(address: string, phone: string): Promise<void>;
  /** A call of the simulator: its control plane, or HubSpot's API. */
  call(method: string, path: string, body?: unknown): Promise<Record<string, never>>;
  /** Puts events into the inbox, as the receiver does, and rings. */
  tell(...events: Told[]): Promise<void>;
  /** Starts one more worker on this configuration. */
  worker(environment?: Record<string, string>): Promise<Child>;
}

/** @param change changes the text of the configuration */
export async function startClubRiver(change = (text: string) => text): Promise<ClubRiver> {
  const club = await openClub(
    `create table teams (id text primary key, name text, domain text,
       changed_at timestamptz not null default clock_timestamp());
     create table members (id text primary key, email text, first text, last text, city text, phone text, team text,
       changed_at timestamptz not null default clock_timestamp());
     create table letters (address text primary key, phone text,
       changed_at timestamptz not null default clock_timestamp())`,
  );
  const river = await startBareRiver({
    environment: { CLUB_URL: club.url },
    simulator: { portalId: 9_000_777_001 },
  });
  const config = await river.writeConfig('club.yaml', change(configText));
  const stopBare = river.stop;
  return Object.assign(river, {
    async put(...members: Member[]) {
      for (const { id, email, first, last, city, phone, team } of members) {
        await club.client.query(
          `insert into members (id, email, first, last, city, phone, team) values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (id) do update set email = excluded.email, first = excluded.first, last = excluded.last,
             city = excluded.city, phone = excluded.phone, team = excluded.team, changed_at = clock_timestamp()`,
          [id, email, first, last, city, phone, team],
        );
      }
    },
    async putTeam(id: string, name: string, domain: string) {
      await club.client.query('insert into teams (id, name, domain) values ($1, $2, $3)', [id, name, domain]);
    },
    async putLetter(address: string, phone: string) {
      await club.client.query('insert into letters (address, phone) values ($1, $2)', [address, phone]);
    },
    call: (method: string, path: string, body?: unknown) =>
      callSimulator<Record<string, never>>(river.simulatorUrl, method, path, body),
    tell: (...events: Told[]) => tellInbox(river, events),
    worker: (environment: Record<string, string> = {}) =>
      river.startWorker({ TRIBUTARY_CONFIG: config, ...environment }),
    async stop() {
      await stopBare();
      await club.close();
    },
  });
}
