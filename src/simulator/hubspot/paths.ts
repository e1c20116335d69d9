/** A path cut into the API it names, its version and the rest. `shape` is the path up to the rest, for the stats. */
export interface ApiPath {
  api: string;
  version: string;
  rest: string[];
  shape: string;
}

const datedVersions = new Set(['2026-03', '2026-09']);

/** v3 and v4 of each CRM API; associations live in v4 (also spelled `/crm/associations/v4`). */
const numbered: Record<string, ReadonlySet<string>> = {
  v3: new Set(['objects', 'properties', 'owners', 'pipelines', 'schemas', 'property-validations']),
  v4: new Set(['objects', 'associations']),
};

/** Reads a pathname in any of the shapes of facts 1.2; undefined when it is none of them. */
export function readPath(pathname: string): ApiPath | undefined {
  let segments: string[];
  try {
    segments = pathname.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
  if (segments.at(-1) === '') segments.pop();
  const [family = '', second = '', third = ''] = segments;
  if (family === 'crm') return crmPath(second, third, segments);
  const named = second === 'v3' || datedVersions.has(second);
  if (family === 'account-info' && named)
    return path('account', second, segments.slice(2), `/account-info/${second}`);
  if (family === 'crm-object-schemas' && named && third === 'schemas') {
    return path('schemas', second, segments.slice(3), `/crm-object-schemas/${second}/schemas`);
  }
  if (family === 'oauth' && named && third === 'token')
    return path('oauth', second, segments.slice(2), `/oauth/${second}`);
  if (family === 'webhooks-journal' && /^journal(-local)?$/.test(second) && datedVersions.has(third))
    return path('journal', third, segments.slice(3), `/webhooks-journal/${second}/${third}`);
  if (family === 'appinstalls' && datedVersions.has(second))
    return path('appinstalls', second, segments.slice(2), `/appinstalls/${second}`);
  if (pathname === '/oauth/v2/private-apps/get/access-token-info')
    return path('token', 'v2', ['info'], pathname);
  return undefined;
}

function crmPath(second: string, third: string, segments: string[]): ApiPath | undefined {
  const rest = segments.slice(3);
  if (second in numbered) {
    // v4 objects are only the association paths under a record.
    const fits =
      numbered[second]?.has(third) && !(second === 'v4' && third === 'objects' && rest[2] !== 'associations');
    return fits ? path(third, second, rest, `/crm/${second}/${third}`) : undefined;
  }
  const known = numbered['v3']?.has(second) || second === 'associations';
  const version = datedVersions.has(third) || (second === 'associations' && third === 'v4');
  return known && version ? path(second, third, rest, `/crm/${second}/${third}`) : undefined;
}

function path(api: string, version: string, rest: string[], shape: string): ApiPath {
  return { api, version, rest, shape };
}
