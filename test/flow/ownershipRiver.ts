import { taskQueue } from '../../src/workflows/contracts';
import { uniqueName } from '../support/temporal';
import { control, exportedRecords } from '../support/simulatorControl';
import { clubSource, onePortal, openClub } from './clubDatabase';
import { startBareRiver, type BareRiver } from './bareRiver';
import { settled } from './settled';
import { tellInbox } from './tellInbox';
import { runTributary } from './tributaryCommand';

/** People of one SQL table, whose every field has another owner. */
const configText = `${onePortal}${clubSource}
      people:
        object: contacts
        table: people
        recordKey: id
        cursor: changed_at
        map:
          email: { from: email, transforms: [email] }
          firstname: firstname
          jobtitle: { from: jobtitle, emptyClears: true }
          city: city
          phone: phone
          website: website
          no_mail: { from: no_mail, transforms: [boolean] }
objects:
  contacts:
    fields:
      jobtitle: { onHubSpotEdit: accept, pinFor: 30d }
      city: { onHubSpotEdit: review, pinFor: 30d }
      phone: { ownership: shared }
      website: { ownership: fillEmpty }
      no_mail: { optOut: 'true' }
    properties:
      no_mail: { label: No mail, type: bool, fieldType: booleancheckbox }
`;

const columns = ['firstname', 'jobtitle', 'city', 'phone', 'website', 'no_mail'] as const;
export type Person = { id: string } & Partial<Record<(typeof columns)[number], string>>;

/** Somebody in HubSpot: a person unless it is said otherwise. */
export interface Writer {
  sourceType?: string;
  sourceId?: string;
}

export interface OwnershipRiver extends BareRiver {
  /** Adds or changes people at the source; what is not named stays. */
  put(...people: Person[]): Promise<void>;
  /** Changes a person's record in HubSpot by hand. */
  edit(id: string, properties: Record<string, string>, writer?: Writer): Promise<void>;
  /** The id of a person's record in HubSpot. */
  recordId(id: string): Promise<string | undefined>;
  /** Properties of all people in HubSpot, by the source's id. */
  held(property: string): Promise<Record<string, string>>;
  /** Why the golden record has a value: `club/precedence`, `hubspot/pinned`. */
  origin(id: string, property: string): Promise<string | undefined>;
  /** Pins as `id property value state`, ended ones with why. */
  pins(): Promise<string[]>;
  syncHubSpot(): Promise<void>;
  /** An event of HubSpot: a person's record has changed. */
  tell(id: string): Promise<void>;
  /** What the schedule does every minute. */
  tick(): Promise<void>;
  /** Waits until nothing is due or in flight. */
  settled(): Promise<void>;
  startPeopleWorker(env?: Record<string, string>): ReturnType<BareRiver['startWorker']>;
  /** Runs the `tributary` command and parses its JSON. */
  tributary(...args: string[]): Promise<Record<string, unknown>>;
}

export async function startOwnershipRiver(): Promise<OwnershipRiver> {
  const club = await openClub(
    `create table people (id text primary key, email text, ${columns.map((name) => `${name} text`).join(', ')},
       changed_at timestamptz not null default clock_timestamp())`,
  );
  const river = await startBareRiver({
    environment: { CLUB_URL: club.url },
    simulator: { portalId: 9_000_777_001 },
  });
  const config = await river.writeConfig('club.yaml', configText);
  const contacts = async () =>
    (await exportedRecords(river.simulatorUrl, 'contacts')).filter(({ properties }) => properties['email']);
  const personOf = (properties: Record<string, string>) => properties['email']!.split('@')[0]!;
  const recordId = async (id: string) =>
    (await contacts()).find((contact) => personOf(contact.properties) === id)?.id;

  return {
    ...river,
    recordId,
    tributary: (...args) => runTributary(river, args),
    startPeopleWorker: (env = {}) => river.startWorker({ TRIBUTARY_CONFIG: config, ...env }),
    async put(...people) {
      for (const { id, ...values } of people) {
        const names = Object.keys(values);
        await club.client.query(
          `insert into people (id, email${names.map((name) => `, ${name}`).join('')})
           values ($1, $1 || '@club.example'${names.map((_, index) => `, $${index + 2}`).join('')})
           on conflict (id) do update set changed_at = clock_timestamp()
             ${names.map((name) => `, ${name} = excluded.${name}`).join('')}`,
          [id, ...Object.values(values)],
        );
      }
    },
    async edit(id, properties, writer = {}) {
      await control(river.simulatorUrl, 'edit', {
        objectType: 'contacts',
        id: await recordId(id),
        properties,
        ...writer,
      });
    },
    async held(property) {
      return Object.fromEntries(
        (await contacts()).map(({ properties }) => [personOf(properties), properties[property] ?? '']),
      );
    },
    async origin(id, property) {
      const { rows } = await river.pool.query<{ origin: string }>(
        `select concat_ws('/', origins -> $2 ->> 'source', origins -> $2 ->> 'rule') as origin
         from golden_records where values ->> 'email' = $1 || '@club.example'`,
        [id, property],
      );
      return rows[0]?.origin;
    },
    async pins() {
      const { rows } = await river.pool.query<{ pin: string }>(
        `select concat_ws(' ', split_part(g.values ->> 'email', '@', 1), property, value, pins.state, ended_by) as pin
         from pins join golden_records g using (portal_id, object_type, golden_id)`,
      );
      return rows.map(({ pin }) => pin).sort();
    },
    async syncHubSpot() {
      const { state } = await river.sync({ sources: ['hubspot'], full: true });
      if (state !== 'succeeded') throw new Error(`the read of HubSpot ended as ${state}`);
    },
    async tell(id) {
      await tellInbox(river, [{ kind: 'changed', key: (await recordId(id)) ?? '' }]);
    },
    async tick() {
      await river.temporal.workflow.execute('tick', { taskQueue, workflowId: uniqueName('tick'), args: [] });
    },
    settled: () => settled(river.pool),
    async stop() {
      await river.stop();
      await club.close();
    },
  };
}
