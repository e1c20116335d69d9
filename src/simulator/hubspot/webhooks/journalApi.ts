import { param, type Call, type Reply } from '../call';
import type { JournalEntry } from './eventJournal';
import { invalid, notFound, Rejected } from '../rejection';

/** Files of one batch call. */
const countMax = 100;

/** GET batch/earliest/:count: the oldest files that are kept. */
export function earliestFiles(call: Call): Reply {
  return files(call, (count) => call.events.after(undefined, count, call.stamp.at));
}

/** GET batch/latest/:count: the newest ones. */
export function latestFiles(call: Call): Reply {
  return files(call, (count) => call.events.latest(count, call.stamp.at));
}

/** GET batch/:offset/next/:count. 404 for an offset that is unknown or too old. */
export function nextFiles(call: Call): Reply {
  return files(call, (count) => call.events.after(param(call, 'offset'), count, call.stamp.at));
}

function files(call: Call, find: (count: number) => JournalEntry[] | undefined): Reply {
  const count = Number(param(call, 'count'));
  if (!Number.isInteger(count) || count < 1 || count > countMax)
    throw new Rejected(invalid(`count must be between 1 and ${countMax}`));
  const wanted = call.query.get('installPortalId');
  if (wanted !== null && wanted !== String(call.account.portalId)) throw new Rejected(notFound());
  const found = find(count);
  const isEnd = found?.length === 0;
  if (!found || (isEnd && call.settings.switches.journalEnd === '404')) throw new Rejected(notFound());
  if (isEnd) return { status: 204 };
  const expiresAt = new Date(call.stamp.at + 5 * 60_000).toISOString();
  const results = found.map((entry) => ({
    currentOffset: entry.offset,
    expiresAt,
    url: `http://${call.host}/_simulator/journal?offset=${entry.offset}`,
  }));
  return { status: 200, body: { status: 'COMPLETE', results } };
}
