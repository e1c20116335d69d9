import type { Pool } from 'pg';
import { installationSql, saveInstall } from './oauthTokens';
import { inTransaction, type Queryable } from '../pool';
import { bindPortal, boundPortalId, endUntimedPause, lockPortal, pausePortal } from '../portals';
import type { KeyRing } from './sealing';

/**
 * Keeps a new or repeated installation: its tokens, the binding of name and account, and the end of a pause that waited
 * for it. Out: false where the name or the account is bound otherwise already; then nothing is kept.
 */
export function installPortal(
  pool: Pool,
  ring: KeyRing,
  { name, portalId }: { name: string; portalId: string },
  install: Parameters<typeof saveInstall>[3],
): Promise<boolean> {
  return inTransaction(pool, async (tx) => {
    const bound = await boundPortalId(tx, name);
    if (bound !== null && bound !== portalId) return false;
    // Its time zone is read with the portal's definitions.
    if (bound === null && !(await bindPortal(tx, name, portalId, null))) return false;
    await lockPortal(tx, portalId);
    await saveInstall(tx, ring, portalId, install);
    await endUntimedPause(tx, portalId);
    return true;
  });
}

/** Names the installation that a portal has at the moment; null: none, or a portal with a token. */
export async function installationOf(db: Queryable, portalId: string): Promise<string | null> {
  const { rows } = await db.query<{ installation: string }>(
    `select ${installationSql} as installation from oauth_tokens where portal_id = $1`,
    [portalId],
  );
  return rows[0]?.installation ?? null;
}

/**
 * Pauses a portal as `pausePortal` does, for a failure that was met with this installation: one that was made meanwhile
 * is not paused for what became of the former one.
 */
export function pauseInstallation(
  pool: Pool,
  portalId: string,
  installation: string | null,
  untilMs: number | null,
  reason: string,
): Promise<void> {
  return inTransaction(pool, async (tx) => {
    await lockPortal(tx, portalId);
    if ((await installationOf(tx, portalId)) === installation)
      await pausePortal(tx, portalId, untilMs, reason);
  });
}

/** An installation as `status` shows it. */
export interface InstallView {
  scopes: string[];
  installedAt: Date;
  refreshedAt: Date;
  revokedAt: Date | null;
}

/** Out: null where the portal has none: a token, or an app that is not installed. */
export async function installOf(pool: Pick<Pool, 'query'>, portalId: string): Promise<InstallView | null> {
  const { rows } = await pool.query<InstallView>(
    `select scopes, installed_at as "installedAt", refreshed_at as "refreshedAt", revoked_at as "revokedAt"
     from oauth_tokens where portal_id = $1`,
    [portalId],
  );
  return rows[0] ?? null;
}
