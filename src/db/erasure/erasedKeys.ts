import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Queryable } from '../pool';

/** Keyed hashes exist that were made with a secret which is not given any more: nobody could be recognised by them. */
export class MissingErasureSecret extends Error {
  constructor() {
    super(
      'the secret that erased people are recognised by is missing: set TRIBUTARY_ERASURE_KEY to what it was',
    );
  }
}

/** The given secret, or else the portal's own, made when it is first needed. */
async function currentSecret(db: Queryable, portalId: string, given: string | null): Promise<string> {
  if (given !== null) return given;
  const { rows } = await db.query<{ secret: string }>(
    `insert into erasure_secrets (portal_id, secret) values ($1, $2)
     on conflict (portal_id) do update set secret = erasure_secrets.secret returning secret`,
    [portalId, randomBytes(32).toString('base64')],
  );
  return rows[0]!.secret;
}

/** Hashes what somebody is to be recognised by, and names the secret that was used. */
export async function hashMarks(
  db: Queryable,
  portalId: string,
  given: string | null,
  marks: readonly string[],
): Promise<{ keyId: string; hashes: string[] }> {
  const secret = await currentSecret(db, portalId, given);
  return { keyId: keyIdOf(secret), hashes: marks.map((mark) => hashOf(secret, mark)) };
}

export interface ErasedMatch {
  erasureId: string;
  objectType: string;
}

/** Whether anybody was ever erased: where nobody was, there is nothing to look for in what is stored. */
export async function isAnyErased(db: Queryable, portalId: string): Promise<boolean> {
  const { rowCount } = await db.query('select from erased_keys where portal_id = $1 limit 1', [portalId]);
  return rowCount === 1;
}

/**
 * Which of these marks belong to an erased person, by mark. One cheap question where nobody was ever erased.
 * @param given the configured secret; null: the portal's own
 * @throws MissingErasureSecret: rather nothing is staged than that an erased person comes back
 */
export async function recogniseErased(
  db: Queryable,
  portalId: string,
  given: string | null,
  marks: readonly string[],
): Promise<Map<string, ErasedMatch>> {
  const found = new Map<string, ErasedMatch>();
  const { rows: used } = await db.query<{ key_id: string; stored: string | null }>(
    `select distinct key_id, (select secret from erasure_secrets where portal_id = $1) as stored
     from erased_keys where portal_id = $1`,
    [portalId],
  );
  if (used.length === 0 || marks.length === 0) return found;
  const secrets = [given, used[0]!.stored].filter((secret) => secret !== null);
  const byId = new Map(secrets.map((secret) => [keyIdOf(secret), secret]));
  const markOf = new Map<string, string>();
  for (const { key_id } of used) {
    const secret = byId.get(key_id);
    if (secret === undefined) throw new MissingErasureSecret();
    for (const mark of marks) markOf.set(hashOf(secret, mark), mark);
  }
  const { rows } = await db.query<ErasedMatch & { keyHash: string }>(
    `select key_hash as "keyHash", erasure_id as "erasureId", object_type as "objectType"
     from unnest($2::text[]) as wanted (hash)
     join erased_keys on portal_id = $1 and key_hash = hash join erasures using (portal_id, erasure_id)`,
    [portalId, [...markOf.keys()]],
  );
  for (const { keyHash, ...match } of rows) found.set(markOf.get(keyHash)!, match);
  return found;
}

function keyIdOf(secret: string): string {
  return createHash('sha256').update(`key id of ${secret}`).digest('hex').slice(0, 16);
}

function hashOf(secret: string, mark: string): string {
  return createHmac('sha256', secret).update(mark).digest('base64');
}
