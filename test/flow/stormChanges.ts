import { seededRandom } from '../../src/simulator/hubspot/seededRandom';
import { callSimulator, control } from '../support/simulatorControl';
import type { BareRiver } from './bareRiver';
import type { ClubDatabase } from './clubDatabase';

export interface StormOptions {
  contacts: number;
  /** Every how many contacts one is a member of the club too. */
  memberEvery: number;
  /** Different events; with the repetitions 1.3 times as many are delivered. */
  events: number;
  apiKills: number;
  temporalDownMs: number;
}

/** Puts contacts into HubSpot, and some of them into the club. */
export async function fill(
  river: BareRiver,
  { client }: ClubDatabase,
  { contacts, memberEvery }: StormOptions,
) {
  await client.query(
    `create table members as select 'm' || n as id, 'p' || n || '@storm.example' as email, 'First' || n as first
     from generate_series(0, $1::int - 1, $2::int) as n`,
    [contacts, memberEvery],
  );
  for (let from = 0; from < contacts; from += 5_000) {
    const records = Array.from({ length: Math.min(5_000, contacts - from) }, (_, index) => ({
      objectType: 'contacts',
      id: String(from + index + 1),
      properties: {
        ...{ email: `p${from + index}@storm.example`, city: 'Start' },
        ...((from + index) % memberEvery === 0 ? { firstname: `First${from + index}` } : {}),
      },
    }));
    await control(river.simulatorUrl, 'seed', { records });
  }
}

export interface Blows {
  kill: () => Promise<void>;
  cut: () => void;
}

/** Changes HubSpot until enough was told; blows at even distances. */
export async function storm(
  river: BareRiver,
  { contacts, memberEvery, events, apiKills }: StormOptions,
  counts: { merges: number; deletions: number },
  blows: Blows,
): Promise<void> {
  const random = seededRandom(7);
  const int = (below: number) => Math.floor(random() * below);
  const live = Array.from({ length: contacts }, (_, index) => String(index + 1));
  const archived: string[] = [];
  const isStranger = (id: string) => Number(id) > contacts || (Number(id) - 1) % memberEvery !== 0;
  const take = (wanted: (id: string) => boolean): string => {
    for (;;) {
      const at = int(live.length);
      const id = live[at]!;
      if (!wanted(id)) continue;
      live[at] = live[live.length - 1]!;
      live.pop();
      return id;
    }
  };
  const api = (method: string, path: string, body?: unknown) =>
    callSimulator<{ id?: string }>(river.simulatorUrl, method, `/crm/v3/objects/contacts${path}`, body);
  let step = 0;
  const change = async () => {
    const dice = random();
    step += 1;
    if (dice < 0.025) {
      const [primary, loser] = [take(isStranger), take(isStranger)];
      counts.merges += 1;
      const merged = await api('POST', '/merge', { primaryObjectId: primary, objectIdToMerge: loser });
      live.push(String(merged.id));
    } else if (dice < 0.05) {
      const id = take(() => true);
      counts.deletions += 1;
      await api('DELETE', `/${id}`);
      archived.push(id);
    } else if (dice < 0.06 && archived.length > 0) {
      const id = archived.splice(int(archived.length), 1)[0]!;
      await control(river.simulatorUrl, 'restore', { objectType: 'contacts', id });
      live.push(id);
    } else {
      // Out of the pool while it is edited, so that nobody archives or merges it meanwhile.
      const id = take(() => true);
      const properties = {
        ...{ city: `City ${step}`, jobtitle: `Job ${step}` },
        ...(int(10) === 0 ? { firstname: `Edited ${step}` } : {}),
      };
      await control(river.simulatorUrl, 'edit', { objectType: 'contacts', id, properties });
      live.push(id);
    }
  };
  const all = events * 1.3;
  let told = 0;
  let killed = 0;
  let isCut = false;
  let killing = Promise.resolve();
  while (told < all) {
    await Promise.all(Array.from({ length: 20 }, change));
    if (step % 200 !== 0) continue;
    const { waiting, delivered } = (await river.stats()).webhooks;
    told = waiting + delivered;
    if (killed < apiKills && told > (all * (killed + 1)) / (apiKills + 1)) {
      killed += 1;
      killing = killing.then(blows.kill);
    }
    if (!isCut && told > all * 0.4) {
      isCut = true;
      blows.cut();
    }
  }
  await killing;
}
