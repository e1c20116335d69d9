import type { RunCountRow, RunPending, RunRow, RunSourceRow } from '../db/runs/runQueries';
import { pendingMax } from '../db/runs/runQueries';

/** The stages that a person sees, in the order of the river. */
export const progressStages = ['read', 'consolidated', 'delivered', 'associated'] as const;
export type ProgressStage = (typeof progressStages)[number];

export interface StageProgress {
  stage: ProgressStage;
  done: number;
  /** What is known of the whole; grows while sources are read. */
  total: number;
  /** Nothing more can be added. */
  isWhole: boolean;
  /** The rest is more than was counted. */
  atLeast: boolean;
}

export interface RunProgress {
  run: RunRow;
  sources: RunSourceRow[];
  stages: StageProgress[];
}

const deliveredStatuses = ['created', 'updated', 'archived', 'unchanged', 'rejected'];

/** How far each stage of a run is, from its counters and from what it has under way. */
export function runProgress(
  run: RunRow,
  sources: RunSourceRow[],
  counts: readonly RunCountRow[],
  pending: RunPending,
): RunProgress {
  const sum = (statuses: readonly string[]): number =>
    counts.filter(({ status }) => statuses.includes(status)).reduce((total, { count }) => total + count, 0);
  const isRead =
    sources.length > 0 && sources.every(({ state }) => state !== 'pending' && state !== 'running');
  const staged = sum(['staged', 'gone']);
  const read = sum(['read']);
  const delivered = sum(deliveredStatuses);
  const associated = sum(['associated', 'dissociated']);
  const stage = (name: ProgressStage, done: number, rest: number): StageProgress => ({
    ...{ stage: name, done, total: done + rest, isWhole: isRead, atLeast: rest >= pendingMax },
  });
  return {
    run,
    sources,
    stages: [
      stage('read', read, 0),
      // A row may be due for other reasons than this run's reading, and then be counted by neither side.
      stage('consolidated', Math.max(0, staged - pending.staged), pending.staged),
      stage('delivered', delivered, pending.records),
      stage('associated', associated, pending.associations),
    ],
  };
}

/** `12,345`, with a sign where it is more than was counted. */
export function countText(count: number, atLeast = false): string {
  return `${count.toLocaleString('en')}${atLeast ? '+' : ''}`;
}

/** The state of the sources in a few words: `3/6 sources read, reading ielts, eol`. */
export function sourcesText(sources: readonly RunSourceRow[]): string {
  const named = (state: RunSourceRow['state']): string[] =>
    sources.filter((source) => source.state === state).map(({ source }) => source);
  const ended = sources.filter(({ state }) => state !== 'pending' && state !== 'running').length;
  const parts = [`${ended}/${sources.length} sources read`];
  if (named('running').length > 0) parts.push(`reading ${named('running').join(', ')}`);
  for (const state of ['failed', 'skipped'] as const) {
    if (named(state).length > 0) parts.push(`${state}: ${named(state).join(', ')}`);
  }
  return parts.join(', ');
}

/** All stages in one line, for output that is no terminal. */
export function progressLine({ sources, stages }: RunProgress): string {
  const counts = stages.map(({ stage, done, total, atLeast }) =>
    stage === 'read' || done === total
      ? `${stage} ${countText(done)}`
      : `${stage} ${countText(done)}/${countText(total, atLeast)}`,
  );
  return `${counts.join(' · ')} · ${sourcesText(sources)}`;
}
