import { param, type Call, type Reply } from './call';
import { invalid, notFound, Rejected } from './rejection';

/** Files of one batch call. */
const countMax = 100;

/** GET batch/earliest/:count: the oldest files that are kept. */
export function earliestFiles(call: Call): Reply {
  return files(call, undefined);
}

/** GET batch/:offset/next/:count. 404 for an offset that is unknown or too old. */
export function nextFiles(call: Call): Reply {
  return files(call, param(call, 'offset'));
}

function files(call: Call, offset: string | undefined): Reply {
  const count = Number(param(call, 'count'));
  if (!Number.isInteger(count) || count < 1 || count > countMax)
    throw new Rejected(invalid(`count must be between 1 and ${countMax}`));
  const wanted = call.query.get('installPortalId');
  if (wanted !== null && wanted !== String(call.account.portalId)) throw new Rejected(notFound());
  const found = call.events.after(offset, count, call.stamp.at);
  if (!found) throw new Rejected(notFound());
  if (found.length === 0) return { status: 204 };
  const expiresAt = new Date(call.stamp.at + 5 * 60_000).toISOString();
  const results = found.map((entry) => ({
    currentOffset: entry.offset,
    expiresAt,
    url: `http://${call.host}/_simulator/journal?offset=${entry.offset}`,
  }));
  return { status: 200, body: { status: 'COMPLETE', results } };
}
