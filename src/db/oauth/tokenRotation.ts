import type { Pool } from 'pg';
import { inTransaction, type Queryable } from '../pool';
import { seal, SealFailure, unseal, type KeyRing } from './sealing';
import { placeOf } from './oauthTokens';

/** Portals per transaction: a rotation that is stopped goes on where it was. */
const batchMax = 50;

export interface RotationOutcome {
  /** Portals whose tokens are under the ring's first key now and were not before. */
  rotated: number;
  /** Portals whose tokens do not open, and why; they are left as they are. */
  unopened: { portalId: string; reason: string }[];
}

interface SealedRow {
  portalId: string;
  access: string;
  refresh: string;
}

/** Seals all stored tokens with the ring's first key. Whatever dies in between, calling it again does the rest. */
export async function rotateTokens(pool: Pool, ring: KeyRing): Promise<RotationOutcome> {
  const outcome: RotationOutcome = { rotated: 0, unopened: [] };
  let after = '0';
  for (;;) {
    const rows = await inTransaction(pool, (tx) => rotateBatch(tx, ring, after, outcome));
    const last = rows.at(-1);
    if (!last) return outcome;
    after = last.portalId;
  }
}

async function rotateBatch(
  tx: Queryable,
  ring: KeyRing,
  after: string,
  outcome: RotationOutcome,
): Promise<SealedRow[]> {
  const { rows } = await tx.query<SealedRow>(
    `select portal_id as "portalId", access_token as access, refresh_token as refresh from oauth_tokens
     where portal_id > $1 and revoked_at is null
       and (split_part(access_token, '.', 2) <> $2 or split_part(refresh_token, '.', 2) <> $2)
     order by portal_id limit $3 for update`,
    [after, ring[0]?.id ?? '', batchMax],
  );
  const renewed = rows.flatMap((row) => renewedRow(ring, row, outcome));
  await tx.query(
    `update oauth_tokens set access_token = input.access, refresh_token = input.refresh
     from unnest($1::bigint[], $2::text[], $3::text[]) as input (portal_id, access, refresh)
     where oauth_tokens.portal_id = input.portal_id`,
    [
      renewed.map(({ portalId }) => portalId),
      renewed.map(({ access }) => access),
      renewed.map(({ refresh }) => refresh),
    ],
  );
  outcome.rotated += renewed.length;
  return rows;
}

function renewedRow(ring: KeyRing, row: SealedRow, outcome: RotationOutcome): SealedRow[] {
  const { portalId } = row;
  const renewed = (field: 'access' | 'refresh') => {
    const place = placeOf(portalId, field);
    return seal(ring, unseal(ring, row[field], place), place);
  };
  try {
    return [{ portalId, access: renewed('access'), refresh: renewed('refresh') }];
  } catch (error) {
    if (!(error instanceof SealFailure)) throw error;
    outcome.unopened.push({ portalId, reason: error.message });
    return [];
  }
}
