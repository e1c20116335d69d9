import type { Pool } from 'pg';
import { endRun, insertRun, setSourceState } from '../../src/db/runs/runs';

/** Activities that keep a run's rows as the real ones do; reading waits for `opened`. */
export function runActivities(pool: Pool, portalId: string, opened: Promise<void>) {
  type SourceEnd = { runId: string; source: string; state: 'succeeded' | 'failed'; reason: string | null };
  type RunEnd = { runId: string; state: 'succeeded' | 'failed'; reason: string | null };
  return {
    connectPortal: () => ({ portalId }),
    async beginRun({ runId, full, trigger }: { runId: string; full: boolean; trigger: string }) {
      await insertRun(pool, portalId, { runId, trigger, full, sources: ['azure'] });
      return [{ source: 'azure', streams: ['people'], dependsOn: [] }];
    },
    startSource: ({ runId, source }: { runId: string; source: string }) =>
      setSourceState(pool, portalId, runId, source, 'running', null),
    async extractPage() {
      await opened;
      return { records: 0, staged: 0, faults: 0, done: true };
    },
    endSource: ({ runId, source, state, reason }: SourceEnd) =>
      setSourceState(pool, portalId, runId, source, state, reason),
    endReading: () => undefined,
    awaitSettled: () => ({ settled: true, deferredUntil: null, reason: null }),
    endRun: ({ runId, state, reason }: RunEnd) => endRun(pool, portalId, runId, state, reason),
  };
}

/** A promise and what fulfils it. */
export function openable(): { opened: Promise<void>; open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
