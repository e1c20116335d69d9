import { Client } from 'pg';
import type { Academy } from './academy';
import { viewPortal } from './portalView';

/** Runs SQL in the academy's CRM. */
export async function changeCrm(academy: Academy, sql: string): Promise<void> {
  const client = new Client({ connectionString: academy.crm.url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

/** What HubSpot holds of a person, by the CRM's number. */
export async function contact(academy: Academy, personNo: string): Promise<Record<string, string>> {
  return (await viewPortal(academy.simulatorUrl)).find('contacts', 'crm_person_no', personNo).properties;
}

/** One sync that must succeed. */
export async function succeed(academy: Academy, full = false): Promise<void> {
  expect(await academy.sync({ full })).toMatchObject({ state: 'succeeded' });
}

/** How many write calls HubSpot got meanwhile. */
export async function writesOf(academy: Academy, work: () => Promise<void>): Promise<number> {
  await academy.resetStats();
  await work();
  return (await academy.stats()).writeCalls;
}
