import { randomBytes } from 'node:crypto';
import { findTokens, openToken, saveInstall } from '../../src/db/oauth/oauthTokens';
import { seal, SealFailure, unseal, type KeyRing } from '../../src/db/oauth/sealing';
import { rotateTokens } from '../../src/db/oauth/tokenRotation';
import { testDatabase } from '../support/testDatabase';

const ringOf = (...ids: string[]): KeyRing => ids.map((id) => ({ id, key: randomBytes(32) }));
const [oldKey, newKey] = ringOf('old', 'new') as [KeyRing[number], KeyRing[number]];

describe('a sealed text', () => {
  test('opens with its key and in its place, and never looks the same', () => {
    const sealed = seal([oldKey], 'token ü', '42.access');
    expect(sealed).toMatch(/^v1\.old\./);
    expect(sealed).not.toContain('token');
    expect(seal([oldKey], 'token ü', '42.access')).not.toBe(sealed);
    expect(unseal([newKey, oldKey], sealed, '42.access')).toBe('token ü');
  });

  const sealed = seal([oldKey], 'token', '42.access');
  const parts = sealed.split('.');
  const flipped = (part: string) => `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}`;
  // GCM's shorter tags are beginnings of the long one: 4 bytes would be guessed soon.
  const shortTag = () => {
    const [version, id, nonce, bytes] = seal([oldKey], '', '42.access').split('.');
    const cut = Buffer.from(bytes!, 'base64url').subarray(0, 4).toString('base64url');
    return [version, id, nonce, cut].join('.');
  };
  test.each([
    ['whose tag was shortened', [oldKey], shortTag(), '42.access'],
    ['of another portal', [oldKey], sealed, '43.access'],
    ['in another column', [oldKey], sealed, '42.refresh'],
    ['whose key is gone', [newKey], sealed, '42.access'],
    ['under another key of the same name', [{ ...newKey, id: 'old' }], sealed, '42.access'],
    ['that says another key', [{ ...oldKey, id: 'new' }], sealed.replace('.old.', '.new.'), '42.access'],
    [
      'with another nonce',
      [oldKey],
      [...parts.slice(0, 2), flipped(parts[2]!), parts[3]].join('.'),
      '42.access',
    ],
    ['with another byte', [oldKey], [...parts.slice(0, 3), flipped(parts[3]!)].join('.'), '42.access'],
    ['that was cut', [oldKey], sealed.slice(0, -4), '42.access'],
    ['cut to a short tag', [oldKey], [...parts.slice(0, 3), parts[3]!.slice(0, 8)].join('.'), '42.access'],
    ['of another form', [oldKey], sealed.replace('v1', 'v2'), '42.access'],
    ['of nothing', [oldKey], '', '42.access'],
  ])('%s does not open, and says nothing of itself', (_what, ring, text, place) => {
    const open = () => unseal(ring, text, place);
    expect(open).toThrow(SealFailure);
    expect(open).not.toThrow(/token/);
  });
});

describe('rotation', () => {
  const { pool } = testDatabase({ connections: 4 });

  const portals = Array.from({ length: 120 }, (_, index) => String(index + 1));
  const texts = async (ring: KeyRing) =>
    Promise.all(
      portals.map(async (portalId) => {
        const held = (await findTokens(pool, portalId))!;
        return [openToken(ring, held, 'access'), openToken(ring, held, 'refresh')];
      }),
    );

  test('seals everything anew, goes on where it was stopped, and leaves what does not open', async () => {
    for (const portalId of portals) {
      const install = { clientId: 'app', scopes: [], lifeMs: 1_800_000 };
      const tokens = { accessToken: `at-${portalId}`, refreshToken: `rt-${portalId}` };
      await saveInstall(pool, [oldKey], portalId, { ...install, ...tokens });
    }
    const before = await texts([oldKey]);
    // Stopped in its third batch.
    await pool.query(
      `create function fail() returns trigger language plpgsql as $$ begin raise 'stopped'; end $$;
       create trigger fail before update on oauth_tokens for each row when (new.portal_id = 110) execute function fail()`,
    );
    await expect(rotateTokens(pool, [newKey, oldKey])).rejects.toThrow('stopped');
    const { rows } = await pool.query(
      "select count(*)::int as n from oauth_tokens where access_token like 'v1.new.%'",
    );
    expect(rows).toEqual([{ n: 100 }]);
    expect(await texts([newKey, oldKey])).toEqual(before);
    await pool.query('drop trigger fail on oauth_tokens');
    await pool.query(
      "update oauth_tokens set access_token = replace(access_token, '.old.', '.lost.') where portal_id = 120",
    );
    expect(await rotateTokens(pool, [newKey, oldKey])).toEqual({
      rotated: 19,
      unopened: [{ portalId: '120', reason: expect.stringContaining('"lost"') }],
    });
    await pool.query(
      "update oauth_tokens set access_token = replace(access_token, '.lost.', '.old.') where portal_id = 120",
    );
    expect((await rotateTokens(pool, [newKey, oldKey])).rotated).toBe(1);
    expect(await texts([newKey])).toEqual(before);
    expect(await rotateTokens(pool, [newKey])).toEqual({ rotated: 0, unopened: [] });
  });
});

describe('whoever installs anew begins anew', () => {
  const { pool } = testDatabase();
  const ring = [oldKey];

  test('nothing of the former installation is left, and nothing that was under way for it counts', async () => {
    const first = {
      clientId: 'app',
      scopes: ['oauth'],
      accessToken: 'a1',
      refreshToken: 'r1',
      lifeMs: 60_000,
    };
    const then = {
      clientId: 'other',
      scopes: ['crm'],
      accessToken: 'a2',
      refreshToken: 'r2',
      lifeMs: 1_800_000,
    };
    await saveInstall(pool, ring, '42', first);
    await pool.query(
      `update oauth_tokens set generation = 7, refresh_fence = 5, refreshing_until = now() + interval '1 hour', failures = 3,
         retry_at = now() + interval '1 hour', refused_generation = 7, revoked_at = now(), installed_at = to_timestamp(0),
         refreshed_at = to_timestamp(0)`,
    );
    await saveInstall(pool, ring, '42', then);
    const { rows } = await pool.query<Record<string, unknown>>(
      `select client_id, scopes, generation, refresh_fence <> 5 as fenced, refreshing_until, failures, retry_at, refused_generation,
         revoked_at, installed_at > now() - interval '1 hour' as installed,
         refreshed_at > now() - interval '1 hour' as refreshed,
         extract(epoch from expires_at - now()) between 1700 and 1800 as ends,
         extract(epoch from refresh_at - now()) between 1400 and 1500 as early from oauth_tokens`,
    );
    expect(rows).toEqual([
      {
        ...{
          client_id: 'other',
          scopes: ['crm'],
          generation: '8',
          fenced: true,
          refreshing_until: null,
        },
        ...{ failures: 0, retry_at: null, refused_generation: null, revoked_at: null },
        ...{ installed: true, refreshed: true, ends: true, early: true },
      },
    ]);
    const held = (await findTokens(pool, '42'))!;
    expect([openToken(ring, held, 'access'), openToken(ring, held, 'refresh')]).toEqual(['a2', 'r2']);
  });
});
