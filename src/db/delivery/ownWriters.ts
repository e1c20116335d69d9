import type { Queryable } from '../pool';

/** How HubSpot's history names our own calls in a portal; empty until it was learned. */
export async function loadOwnWriters(db: Queryable, portalId: string): Promise<Set<string>> {
  const { rows } = await db.query<{ writer: string }>('select writer from own_writers where portal_id = $1', [
    portalId,
  ]);
  return new Set(rows.map(({ writer }) => writer));
}

export async function saveOwnWriters(db: Queryable, portalId: string, writers: string[]): Promise<void> {
  if (writers.length === 0) return;
  await db.query(
    `insert into own_writers (portal_id, writer) select $1, unnest($2::text[]) on conflict do nothing`,
    [portalId, writers],
  );
}
