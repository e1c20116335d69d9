import { randomBytes } from 'node:crypto';
import { Pool } from 'pg';
import {
  endInstall,
  failRefresh,
  findTokens,
  forgetTokens,
  openToken,
  refuseToken,
  saveInstall,
  settleRefresh,
  takeRefresh,
} from '../../src/db/oauth/oauthTokens';
import { installationOf } from '../../src/db/oauth/oauthInstall';
import { bindPortal, findPortal } from '../../src/db/portals';
import type { KeyRing } from '../../src/db/oauth/sealing';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const ring: KeyRing = [{ id: 'k1', key: randomBytes(32) }];
const tokensOf = (name: string) => ({ accessToken: `at-${name}`, refreshToken: `rt-${name}`, lifeMs: 1_000 });
const database = testDatabase({ per: 'test' });
const { pool } = database;

const install = (name: string) =>
  saveInstall(pool, ring, portalId, { ...tokensOf(name), clientId: 'app', scopes: [] });
const held = async () => (await findTokens(pool, portalId))!;
const access = async () => openToken(ring, await held(), 'access');

/** The app is uninstalled, its tokens are forgotten, and somebody installs it again. */
async function reinstall(): Promise<void> {
  await forgetTokens(pool, portalId, (await held()).installation, 'uninstalled');
  await install('second');
}

beforeEach(async () => {
  await bindPortal(pool, 'main', portalId, null);
  await install('first');
});

test('whoever read the tokens of an installation that was forgotten does not refresh those of the next', async () => {
  const former = await held();
  await reinstall();
  expect(await takeRefresh(pool, former, 60_000)).toBeNull();
  // Nor does its refused token end the next one's; another token is to be had.
  expect(await refuseToken(pool, former)).toBe(true);
  expect(await held()).toMatchObject({ isAlive: true });
  expect(await takeRefresh(pool, await held(), 60_000)).not.toBeNull();
});

test('an installation has one name, whatever the time zone of who asks', async () => {
  const elsewhere = new Pool({
    connectionString: `${database.url}?options=-c%20timezone%3DAsia/Tokyo`,
    max: 1,
  });
  try {
    const former = await held();
    expect(await installationOf(elsewhere, portalId)).toBe(former.installation);
    expect(await takeRefresh(elsewhere, former, 60_000)).not.toBeNull();
  } finally {
    await elsewhere.end();
  }
});

test('a refresh of a forgotten installation that ends late changes nothing of the next, which refreshes as often', async () => {
  const late = { portalId, fence: (await takeRefresh(pool, await held(), 0))! };
  await reinstall();
  expect(await takeRefresh(pool, await held(), 60_000)).not.toBeNull();
  expect(await settleRefresh(pool, ring, late, tokensOf('late'))).toBe(false);
  expect(await endInstall(pool, late, 'gone')).toBe(false);
  await failRefresh(pool, late, 60_000);
  expect(await access()).toBe('at-second');
  expect(await held()).toMatchObject({ isRevoked: false, retryMs: 0 });
  expect((await findPortal(pool, portalId))!.pauseReason).toBe('uninstalled');
});
