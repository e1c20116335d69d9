/** Legacy paths, or one of HubSpot's dated versions (facts §1.1). */
export const apiVersions = ['v3', '2026-03', '2026-09'] as const;
export type ApiVersion = (typeof apiVersions)[number];

export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

/**
 * The path of every endpoint we call. Path *shapes* differ between the versions, not only the number
 * (facts §1.2, §3.1, §5, §6); everything else in this folder is blind to the version.
 */
export function hubspotPaths(version: ApiVersion) {
  const legacy = version === 'v3';
  const crm = (area: string) => (legacy ? `/crm/v3/${area}` : `/crm/${area}/${version}`);
  const objects = (type: string) => `${crm('objects')}/${segment(type)}`;
  // associations were v4 before they were dated
  const associations = (from: string, to: string) =>
    `${legacy ? '/crm/v4/associations' : `/crm/associations/${version}`}/${segment(from)}/${segment(to)}`;
  return {
    objects,
    object: (type: string, id: string) => `${objects(type)}/${segment(id)}`,
    objectBatch: (type: string, deed: 'read' | 'create' | 'update' | 'upsert' | 'archive') =>
      `${objects(type)}/batch/${deed}`,
    objectSearch: (type: string) => `${objects(type)}/search`,
    associationBatch: (from: string, to: string, deed: 'create' | 'read' | 'archive') =>
      `${associations(from, to)}/batch/${deed}`,
    associationLabelsArchive: (from: string, to: string) => `${associations(from, to)}/batch/labels/archive`,
    associationLabels: (from: string, to: string) => `${associations(from, to)}/labels`,
    properties: (type: string) => `${crm('properties')}/${segment(type)}`,
    propertyGroups: (type: string) => `${crm('properties')}/${segment(type)}/groups`,
    propertyValidations: (typeId: string) => `${crm('property-validations')}/${segment(typeId)}`,
    owners: () => crm('owners'),
    pipelines: (type: string) => `${crm('pipelines')}/${segment(type)}`,
    customObjects: () => `/crm-object-schemas/${version}/schemas`,
    accountDetails: () => `/account-info/${version}/details`,
    // only dated; `journal-local` is that of one account (facts §8.2)
    journalBatch: (after: string | null, count: number) => {
      const journal = `/webhooks-journal/journal-local/${legacy ? '2026-09' : version}/batch`;
      return after === null ? `${journal}/earliest/${count}` : `${journal}/${segment(after)}/next/${count}`;
    },
    journalLatest: () => `/webhooks-journal/journal-local/${legacy ? '2026-09' : version}/batch/latest/1`,
    oauthToken: () => `/oauth/${version}/token`,
    oauthIntrospect: () => `/oauth/${version}/token/introspect`,
    // only dated (facts §7)
    externalInstall: () => `/appinstalls/${legacy ? '2026-09' : version}/external-install`,
    dailyUsage: () => `/account-info/${version}/api-usage/daily/private-apps`,
  };
}

function segment(value: string): string {
  return encodeURIComponent(value);
}

/** `?a=1&b=x,y`, or '' when nothing is set. Commas of lists stay commas: `%2C` would triple their length. */
export function encodeQuery(query: Query | undefined): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null) continue;
    if (Array.isArray(value)) {
      if (value.length > 0) parts.push(`${name}=${value.map((item) => encodeURIComponent(item)).join(',')}`);
    } else {
      parts.push(`${name}=${encodeURIComponent(String(value))}`);
    }
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
