import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Child } from '../../src/launch/childProcess';
import { emptyDatabase, type FreshDatabase } from '../support/postgres';
import { control } from '../support/simulatorControl';
import { academySeed, dropCourses, fillCrm, people, startShop, type Shop } from './academyWorld';
import { startBareRiver, type BareRiver } from './bareRiver';

export const secondConfig = join(__dirname, '../config/second.config.yaml');

/** The files source takes a file that has not changed for this long (`stableFor` of the configuration). */
export const stableMs = 1_100;

/** A river with the second configuration, its three source systems and its portal. */
export interface Academy extends BareRiver {
  shop: Shop;
  crm: FreshDatabase;
  eventsFolder: string;
  /** Stops its worker and starts one on this text of the configuration, with more environment. */
  restartWith(text: string, env?: Record<string, string>): Promise<void>;
}

export interface AcademyOptions {
  /** Changes the text of the second configuration. */
  change?: (text: string) => string;
  /** Whether the portal goes live, or stays in hold. */
  live?: boolean;
  /** Further environment of the first worker. */
  environment?: Record<string, string>;
}

/** Starts everything, sets the portal up, and waits until the dropped files count as complete. */
export async function startAcademy({
  change,
  live = true,
  environment = {},
}: AcademyOptions = {}): Promise<Academy> {
  const crm = await emptyDatabase();
  await fillCrm(crm.url, people);
  const shop = await startShop('shop-password');
  const river = await startBareRiver({
    config: secondConfig,
    simulator: { portalId: 40_111_222, tokens: ['pat-academy'], timeZone: 'Europe/Berlin', currency: 'EUR' },
    environment: (simulatorUrl) => ({
      ...{ HUBSPOT_ACCESS_TOKEN: '', HUBSPOT_BASE_URL: '' },
      ...{ ACADEMY_TOKEN: 'pat-academy', ACADEMY_HUBSPOT_URL: simulatorUrl },
      ...{ CRM_URL: crm.url, SHOP_URL: shop.url, SHOP_PASSWORD: 'shop-password' },
    }),
  });
  const eventsFolder = join(river.folder, 'events');
  await dropCourses(eventsFolder);
  const dropped = Date.now();
  await control(river.simulatorUrl, 'seed', academySeed);
  let configs = 0;
  let worker: Child | null = null;
  const restartWith = async (text: string, env: Record<string, string> = {}) => {
    await worker?.stop();
    const TRIBUTARY_CONFIG = await river.writeConfig(`academy-${(configs += 1)}.yaml`, text);
    worker = await river.startWorker({ TRIBUTARY_CONFIG, EVENTS_FOLDER: eventsFolder, ...env });
  };
  const text = await readFile(secondConfig, 'utf8');
  await restartWith(change ? change(text) : text, environment);
  await (live ? river.open() : river.setUp());
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, dropped + stableMs - Date.now())));
  const stop = async () => {
    await river.stop();
    await shop.close();
    await crm.drop();
  };
  return { ...river, shop, crm, eventsFolder, restartWith, stop };
}

/** The text with one part replaced. @throws when the part is not there, so that no test changes nothing */
export function replaced(text: string, part: string, by: string): string {
  if (!text.includes(part)) throw new Error(`the configuration has no ${part}`);
  return text.replace(part, by);
}
