import { inTransaction, type Queryable } from '../pool';
import { lockPortal, pausePortal } from '../portals';
import { seal, unseal, type KeyRing } from './sealing';
import type { Pool } from 'pg';

/** A portal's tokens as they stand at a moment of the database's clock, still sealed. */
export interface HeldTokens {
  portalId: string;
  clientId: string;
  access: string | null;
  refresh: string | null;
  generation: string;
  /** The access token need not be refreshed yet. */
  isFresh: boolean;
  /** The access token has not ended. */
  isAlive: boolean;
  /** How long no refresh may be tried, after one that brought nothing. */
  retryMs: number;
  isRevoked: boolean;
  /** Names the installation: another one has another time. */
  installation: string;
}

export interface NewTokens {
  accessToken: string;
  refreshToken: string;
  lifeMs: number;
}

/** Refreshed five minutes before the end (of HubSpot's thirty), and of shorter lives at the same share. */
const refreshEarlyMsMax = 5 * 60_000;
const refreshEarlyShare = 1 / 6;
/** A token that a refresh brought this lately and that is refused again: another refresh would not help. */
const refusedAgain = '1 minute';

/** Names an installation, the same for all sessions, whatever their time zone. */
export const installationSql = 'extract(epoch from installed_at)::text';

/** Whose and which: a sealed token opens only in its own row and column. */
export const placeOf = (portalId: string, field: 'access' | 'refresh') => `oauth_tokens.${portalId}.${field}`;

/** Out: null where the app is not installed. */
export async function findTokens(db: Queryable, portalId: string): Promise<HeldTokens | null> {
  const { rows } = await db.query<HeldTokens>(
    `select portal_id as "portalId", client_id as "clientId", access_token as access, refresh_token as refresh, generation,
       refresh_at > clock_timestamp() as "isFresh", expires_at > clock_timestamp() as "isAlive",
       greatest(extract(epoch from retry_at - clock_timestamp()) * 1000, 0)::float8 as "retryMs",
       revoked_at is not null as "isRevoked", ${installationSql} as installation
     from oauth_tokens where portal_id = $1`,
    [portalId],
  );
  const [row] = rows;
  return row ? { ...row, retryMs: row.retryMs ?? 0 } : null;
}

/** @throws SealFailure where the key ring does not open it */
export function openToken(ring: KeyRing, held: HeldTokens, field: 'access' | 'refresh'): string {
  return unseal(ring, held[field] ?? '', placeOf(held.portalId, field));
}

/**
 * Keeps the tokens of a new installation, or of a repeated one: whatever was under way with the former ones is void.
 */
export async function saveInstall(
  db: Queryable,
  ring: KeyRing,
  portalId: string,
  install: NewTokens & { clientId: string; scopes: string[] },
): Promise<void> {
  await db.query(
    `insert into oauth_tokens (portal_id, client_id, scopes, access_token, refresh_token, expires_at, refresh_at)
     select $1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6 / 1000.0),
       clock_timestamp() + make_interval(secs => $7 / 1000.0)
     on conflict (portal_id) do update set client_id = excluded.client_id, scopes = excluded.scopes,
       access_token = excluded.access_token, refresh_token = excluded.refresh_token, expires_at = excluded.expires_at,
       refresh_at = excluded.refresh_at, generation = oauth_tokens.generation + 1,
       refresh_fence = nextval('fences'), refreshing_until = null, failures = 0, retry_at = null,
       refused_generation = null, revoked_at = null, installed_at = now(), refreshed_at = now()`,
    [portalId, install.clientId, install.scopes, ...sealed(ring, portalId, install)],
  );
}

/**
 * Takes the right to refresh, for `forMs`. Out: the fence to settle it with; null while somebody else has it, after a
 * failure that is too young, or when the tokens are others by now. A fence is never given twice, also not to the next
 * installation of a portal whose tokens were forgotten.
 */
export async function takeRefresh(
  db: Queryable,
  { portalId, generation, installation }: Pick<HeldTokens, 'portalId' | 'generation' | 'installation'>,
  forMs: number,
): Promise<string | null> {
  const { rows } = await db.query<{ fence: string }>(
    `update oauth_tokens set refresh_fence = nextval('fences'),
       refreshing_until = clock_timestamp() + make_interval(secs => $3 / 1000.0)
     where portal_id = $1 and generation = $2 and ${installationSql} = $4 and revoked_at is null
       and coalesce(refreshing_until <= clock_timestamp(), true) and coalesce(retry_at <= clock_timestamp(), true)
     returning refresh_fence as fence`,
    [portalId, generation, forMs, installation],
  );
  return rows[0]?.fence ?? null;
}

/** Keeps what a refresh brought. Out: false where the fence is lost: the tokens are others by now, or gone. */
export async function settleRefresh(
  db: Queryable,
  ring: KeyRing,
  { portalId, fence }: { portalId: string; fence: string },
  tokens: NewTokens,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update oauth_tokens set access_token = $3, refresh_token = $4,
       expires_at = clock_timestamp() + make_interval(secs => $5 / 1000.0),
       refresh_at = clock_timestamp() + make_interval(secs => $6 / 1000.0), generation = generation + 1,
       refreshing_until = null, failures = 0, retry_at = null, refreshed_at = now()
     where portal_id = $1 and refresh_fence = $2`,
    [portalId, fence, ...sealed(ring, portalId, tokens)],
  );
  return rowCount === 1;
}

/** Gives the right back after a refresh that brought nothing; the next one waits, longer each time up to a minute. */
export async function failRefresh(
  db: Queryable,
  { portalId, fence }: { portalId: string; fence: string },
  atLeastMs: number,
): Promise<void> {
  await db.query(
    `update oauth_tokens set refreshing_until = null, failures = failures + 1,
       retry_at = clock_timestamp() + make_interval(secs => greatest($3 / 1000.0, least(2 ^ least(failures, 10), 60)))
     where portal_id = $1 and refresh_fence = $2`,
    [portalId, fence, atLeastMs],
  );
}

/**
 * HubSpot says that the installation is gone: its tokens are erased, and the portal is paused until a person acts. Out:
 * false where the fence is lost; then nothing happens.
 */
export async function endInstall(
  pool: Pool,
  { portalId, fence }: { portalId: string; fence: string },
  reason: string,
): Promise<boolean> {
  return inTransaction(pool, async (tx) => {
    await lockPortal(tx, portalId);
    const { rowCount } = await tx.query(
      `update oauth_tokens set revoked_at = now(), access_token = null, refresh_token = null, refreshing_until = null
       where portal_id = $1 and refresh_fence = $2`,
      [portalId, fence],
    );
    if (rowCount === 1) await pausePortal(tx, portalId, null, reason);
    return rowCount === 1;
  });
}

/**
 * HubSpot refused an access token before its end: it counts as ended, so that the next call refreshes. Out: false
 * where a refresh for the same reason has just brought it: another one would not help.
 */
export async function refuseToken(
  db: Queryable,
  { portalId, generation, installation }: Pick<HeldTokens, 'portalId' | 'generation' | 'installation'>,
): Promise<boolean> {
  const { rows } = await db.query<{ helps: boolean }>(
    `with held as (
       select generation, generation = $2 and ${installationSql} = $4 as same,
         not (coalesce(refused_generation = generation - 1, false)
           and refreshed_at > now() - $3::interval) as helps
       from oauth_tokens where portal_id = $1 for update),
     ended as (
       update oauth_tokens tokens set expires_at = clock_timestamp(), refresh_at = clock_timestamp(),
         refused_generation = held.generation
       from held where portal_id = $1 and held.same and held.helps and revoked_at is null)
     select not same or helps as helps from held`,
    [portalId, generation, refusedAgain, installation],
  );
  return rows[0]?.helps ?? true;
}

/**
 * Forgets a portal's tokens for good, and pauses it until it is installed again; those of an installation that was made
 * meanwhile stay, and nothing is paused for what became of the former one.
 */
export async function forgetTokens(
  pool: Pool,
  portalId: string,
  installation: string | null,
  reason: string,
): Promise<void> {
  await inTransaction(pool, async (tx) => {
    await lockPortal(tx, portalId);
    const { rows } = await tx.query<{ isOther: boolean }>(
      `with forgotten as (
         delete from oauth_tokens where portal_id = $1 and ${installationSql} = $2)
       select ${installationSql} is distinct from $2 as "isOther" from oauth_tokens where portal_id = $1`,
      [portalId, installation],
    );
    if (!rows[0]?.isOther) await pausePortal(tx, portalId, null, reason);
  });
}

/** Sealed access and refresh token, and the milliseconds until the end and the refresh of the first. */
function sealed(
  ring: KeyRing,
  portalId: string,
  { accessToken, refreshToken, lifeMs }: NewTokens,
): [string, string, number, number] {
  const early = Math.min(refreshEarlyMsMax, lifeMs * refreshEarlyShare);
  return [
    seal(ring, accessToken, placeOf(portalId, 'access')),
    seal(ring, refreshToken, placeOf(portalId, 'refresh')),
    lifeMs,
    lifeMs - early,
  ];
}
