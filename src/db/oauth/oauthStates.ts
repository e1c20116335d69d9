import type { Queryable } from '../pool';

/** Installations that have begun and are not forgotten yet; whoever begins more pushes out the oldest. */
const statesMax = 10_000;

/** Notes that a browser began to install a portal. In: SHA-256 of the state and of the browser's cookie, in hex. */
export async function saveState(
  db: Queryable,
  { stateHash, browserHash, portal }: { stateHash: string; browserHash: string; portal: string },
  forMs: number,
): Promise<void> {
  await db.query(
    `with lapsed as (
       delete from oauth_states where expires_at < now() or state_hash in (
         select state_hash from oauth_states order by expires_at desc offset $5))
     insert into oauth_states (state_hash, browser_hash, portal, expires_at)
     values ($1, $2, $3, now() + make_interval(secs => $4 / 1000.0))`,
    [stateHash, browserHash, portal, forMs, statesMax - 1],
  );
}

/** Takes a state: it counts once, whoever shows it. Out: the portal; null for a wrong browser, too late, or unknown. */
export async function takeState(
  db: Queryable,
  { stateHash, browserHash }: { stateHash: string; browserHash: string },
): Promise<string | null> {
  const { rows } = await db.query<{ portal: string; isGood: boolean }>(
    `delete from oauth_states where state_hash = $1
     returning portal, browser_hash = $2 and expires_at >= now() as "isGood"`,
    [stateHash, browserHash],
  );
  return rows[0]?.isGood ? rows[0].portal : null;
}
