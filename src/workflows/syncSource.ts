import { continueAsNew } from '@temporalio/workflow';
import { quick, reading } from './activityProxies';
import type { SyncSourceInput, SyncSourceResult } from './contracts';
import { isHistoryLong } from './lane';

/** The name of the source that is HubSpot: its pages cost calls of the quota. */
const hubspot = 'hubspot';
/** A page of 1,000 records is ten list calls. */
const callsPerPage = 10;

/** The child of a run: extracts its streams page by page, all streams of the source side by side. */
export async function syncSource(input: SyncSourceInput): Promise<SyncSourceResult> {
  const results = await Promise.all(input.streams.map((stream) => readStream(input, stream)));
  if (results.some(({ done }) => !done)) await continueAsNew<typeof syncSource>(input);
  return results.reduce(
    (sum, { records, staged, faults }) => ({
      records: sum.records + records,
      staged: sum.staged + staged,
      faults: sum.faults + faults,
    }),
    { records: 0, staged: 0, faults: 0 },
  );
}

/** Pages until the read is complete, or until the history has grown enough: the cursor is in Postgres. */
async function readStream(input: SyncSourceInput, stream: string) {
  const { portalId, runId, source, full } = input;
  const total = { records: 0, staged: 0, faults: 0, done: false };
  while (!total.done && !isHistoryLong(input)) {
    const lease =
      source === hubspot
        ? await quick(`lease ${callsPerPage} calls, lane bulk`).leaseCalls({
            portalId,
            bucket: 'burst',
            lane: 'bulk',
            want: callsPerPage,
          })
        : null;
    const page = await reading(`read a page of ${source}.${stream}`).extractPage({
      portalId,
      runId,
      source,
      stream,
      full,
      ...(lease ? { leaseId: lease.leaseId } : {}),
    });
    total.records += page.records;
    total.staged += page.staged;
    total.faults += page.faults;
    total.done = page.done;
  }
  return total;
}
