import { Client } from 'pg';
import { emptyDatabase } from '../support/postgres';

/** A source system of its own: the database of a club, as the rivers' configurations name it. */
export interface ClubDatabase {
  /** For the environment variable `CLUB_URL`. */
  url: string;
  client: Client;
  close(): Promise<void>;
}

/** @param tables SQL that makes and fills them */
export async function openClub(tables = ''): Promise<ClubDatabase> {
  const { url, drop } = await emptyDatabase();
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(tables);
  const close = async () => {
    await client.end();
    await drop();
  };
  return { url, client, close };
}

/** The beginning of a configuration: the simulator's portal. The sources follow. */
export const onePortal = `
version: 1
timeZone: Europe/London
defaultRegion: GB
portals:
  main: { portalId: 9000777001, apiVersion: '2026-09', accessToken: 'env:HUBSPOT_ACCESS_TOKEN' }`;

/** The club as the first source of a configuration. Its streams follow, six spaces in. */
export const clubSource = `
sources:
  club:
    kind: sql
    connection: { dialect: postgres, url: 'env:CLUB_URL' }
    streams:`;
