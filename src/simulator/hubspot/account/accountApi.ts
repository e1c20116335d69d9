import { asText, bodyObject, param, type Call, type Reply } from '../call';
import { notFound, Rejected } from '../rejection';
import { allScopes } from './scopes';

/** GET account-info details (facts 7). */
export function accountDetails(call: Call): Reply {
  const { portalId, timeZone, currency, uiDomain, accountType } = call.account;
  const offset = offsetMinutes(timeZone, call.stamp.at);
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0');
  const minutes = String(Math.abs(offset) % 60).padStart(2, '0');
  return {
    status: 200,
    body: {
      portalId,
      accountType,
      timeZone,
      companyCurrency: currency,
      additionalCurrencies: [],
      utcOffset: `${offset < 0 ? '-' : '+'}${hours}:${minutes}`,
      utcOffsetMilliseconds: offset * 60_000,
      uiDomain,
      dataHostingLocation: 'na1',
    },
  };
}

/** Minutes that a time zone is ahead of UTC at an instant. */
function offsetMinutes(timeZone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(at);
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const match = /GMT([+-])(\d{2}):(\d{2})/.exec(name);
  if (!match) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

/** GET api-usage/daily/private-apps (facts 2.1). */
export function dailyUsage(call: Call): Reply {
  const { daily } = call.limits.report();
  const result = {
    name: 'private-apps-api-calls-daily',
    usageLimit: daily.limit,
    currentUsage: daily.used,
    collectedAt: new Date(call.stamp.at).toISOString(),
    fetchStatus: 'SUCCESS',
    resetsAt: daily.resetsAt,
  };
  return { status: 200, body: { results: [result] } };
}

/** POST access-token-info: what a private app's token may do. */
export function tokenInfo(call: Call): Reply {
  const tokenKey = asText(bodyObject(call)['tokenKey'], 'tokenKey');
  if (!call.settings.tokens.some(({ token }) => token === tokenKey)) throw new Rejected(notFound());
  const withheld = new Set(call.settings.scopesWithheld);
  const scopes = allScopes.filter((scope) => !withheld.has(scope));
  return { status: 200, body: { userId: 1, hubId: call.account.portalId, appId: 1, scopes } };
}

/** GET owners: a page of active (or archived) owners; `email` filters. */
export function listOwners(call: Call): Reply {
  const archived = call.query.get('archived') === 'true';
  const email = call.query.get('email')?.toLowerCase();
  const limit = Math.min(Math.max(1, Number(call.query.get('limit') ?? 100)), 500);
  const after = Number(call.query.get('after') ?? 0);
  const owners = [...call.portal.owners.values()]
    .filter((owner) => owner.archived === archived && (email === undefined || owner.email === email))
    .filter((owner) => Number(owner.id) >= after)
    .sort((a, b) => Number(a.id) - Number(b.id));
  const next = owners[limit];
  const results = owners.slice(0, limit).map((owner) => ({ ...owner, type: 'PERSON' }));
  return { status: 200, body: { results, ...(next && { paging: { next: { after: next.id } } }) } };
}

/** GET one owner by id. */
export function getOwner(call: Call): Reply {
  const owner = call.portal.owners.get(param(call, 'id'));
  if (!owner || owner.archived) throw new Rejected(notFound());
  return { status: 200, body: { ...owner, type: 'PERSON' } };
}
