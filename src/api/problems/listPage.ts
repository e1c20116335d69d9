/**
 * A page of a list, from rows of which one more was read than the page holds.
 * Out: the page's rows, and the address of the next page, or null at the end.
 */
export function listPage<Row>(
  rows: Row[],
  limit: number,
  url: string,
  idOf: (row: Row) => string,
): { page: Row[]; next: string | null } {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { page, next: last === undefined ? null : nextOf(url, idOf(last)) };
}

/** The same address with the place where the next page begins. */
function nextOf(url: string, before: string): string {
  const next = new URL(url, 'http://localhost');
  next.searchParams.set('before', before);
  return `${next.pathname}${next.search}`;
}
