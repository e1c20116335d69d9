import { rm } from 'node:fs/promises';
import { setMode } from '../../src/db/portals';
import { expectedPortal } from '../../src/simulator/demo/oracle';
import { seededRandom } from '../../src/simulator/hubspot/seededRandom';
import { taskQueue } from '../../src/workflows/contracts';
import { disturb } from './disturb';
import { judge, type Verdict } from './judge';
import { planRound, type RoundPlan } from './plan';
import { choosePoison, plantPoison } from './poison';
import { persist, settleAll, whatIsLeft } from './settle';
import { control, orderFault, readReport, type SimulatorReport } from '../support/simulatorControl';
import { watchWindows } from './windowWatch';
import { startStack, type Stack } from './stack';

export interface RoundOptions {
  seed: number;
  people: number;
  /** Made by the round, removed where it ends well, unless it shall be kept. */
  folder: string;
  keep?: boolean;
  dist: string;
}

export interface RoundReport {
  seed: number;
  seconds: number;
  calls: number;
  runs: number;
  /** By kind of fault or blow. */
  hits: Record<string, number>;
  /** Planned and not met, because the sync ended before: kinds, one per time. */
  missed: string[];
  /** The fullest of all windows at the arrival of a call, in percent of what it may hold. */
  fullestWindow: number;
  /** Calls above a limit that arrived while the simulator itself stood still; not counted as violations. */
  blurred: number;
  verdict: Verdict;
  /** What happened when, in seconds since the round began. */
  timeline: string[];
  /** Why the round could not be judged: it counts as lost. */
  stuck: string | null;
}

/** Longer than what a wave reserves of the quota ahead. */
const claimMs = 3_000;
const deadlineMs = 2_000;
/** Longest that one sync may take before the round counts as stuck; a machine with other work on it needs minutes. */
const settleMs = 480_000;

/** A report of a round that has not begun. */
export function emptyReport(seed: number): RoundReport {
  const verdict: Verdict = { lost: [], doubled: [], unproved: [], windowViolations: 0 };
  const counts = { seconds: 0, calls: 0, runs: 0, hits: {}, fullestWindow: 0, blurred: 0 };
  return { seed, ...counts, missed: [], verdict, timeline: [], stuck: null };
}

/** One round: a fresh system and world, a first sync and one of changes, both disturbed as the seed says, then judged. */
export async function playRound(options: RoundOptions): Promise<RoundReport> {
  const plan = planRound(options.seed, options.people, { claimMs, deadlineMs });
  const report = emptyReport(options.seed);
  const { hits } = report;
  const hit = (kind: string, count = 1) => (hits[kind] = (hits[kind] ?? 0) + count);
  const began = performance.now();
  const tell = (what: string) => {
    report.timeline.push(`${((performance.now() - began) / 1_000).toFixed(1)} ${what}`);
  };
  const failpoints = [...plan.failpoints];
  let isDisturbed = false;
  const stack = await startStack({
    ...options,
    ...{ claimMs, deadlineMs },
    settings: settingsOf(plan),
    nextFailpoint() {
      const next = isDisturbed ? failpoints.shift() : undefined;
      return next && `${next.name}:${next.pass}`;
    },
    onFailpoint(name) {
      hit('kill worker at failpoint');
      tell(`killed at ${name}`);
    },
  });
  const windows = watchWindows(stack.simulatorUrl, tell);
  try {
    tell('up');
    await open(stack);
    tell('open');
    isDisturbed = true;
    const expected = expectedPortal(stack.demo.world());
    const poison = choosePoison(expected, plan.poisonPerObject, seededRandom(plan.seed));
    await plantPoison(stack.simulatorUrl, poison);
    for (const [number, blows] of plan.blows.entries()) {
      if (number > 0) await changeWorld(stack, plan);
      hit(plan.clockOffsetMs > 0 ? 'clock ahead' : 'clock behind');
      const ordered = new Map<number, string>();
      for (const { kind, order } of plan.faults[number] ?? [])
        ordered.set(await orderFault(stack.simulatorUrl, order), kind);
      const disturbance = disturb(stack, blows, tell);
      report.runs += await settleAll(stack, `chaos-${number + 1}`, performance.now() + settleMs, tell);
      await disturbance.end();
      for (const { id, hits: count } of (await readReport(stack.simulatorUrl)).faults)
        if (count > 0) hit(ordered.get(id) ?? 'unknown', count);
      for (const [kind, count] of disturbance.hits) hit(kind, count);
      await control(stack.simulatorUrl, 'faults', undefined, 'DELETE');
    }
    const makesPrimary = plan.switches['firstCompanyBecomesPrimary'] === true;
    const wanted = expectedPortal(stack.demo.world(), { firstSyncAt });
    report.verdict = await judge({ ...stack, makesPrimary, firstSyncAt }, wanted, poison);
    report.blurred = windows.blurred();
    report.verdict.windowViolations -= report.blurred;
    report.fullestWindow = fullestOf(await readReport(stack.simulatorUrl));
    report.missed = missedOf(plan, hits);
  } catch (error) {
    report.stuck = error instanceof Error ? error.message : String(error);
    tell(await whatIsLeft(stack.pool).catch(String));
  } finally {
    windows.stop();
    report.calls = stack.calls.count();
    await stack.stop();
  }
  report.seconds = Math.round((performance.now() - began) / 1_000);
  if (isClean(report) && !options.keep) await rm(options.folder, { recursive: true, force: true });
  return report;
}

/** The world was as it is before any sync; every change comes later. */
const firstSyncAt = new Date().toISOString();

export function isClean({ verdict, stuck }: RoundReport): boolean {
  const { lost, doubled, unproved, windowViolations } = verdict;
  return stuck === null && lost.length + doubled.length + unproved.length + windowViolations === 0;
}

function settingsOf(plan: RoundPlan): Record<string, unknown> {
  const { switches, latency, clockOffsetMs } = plan;
  // HubSpot's own limits: in tighter windows the spare of the quota is too small for a machine that is itself late.
  return { switches, latency, clockOffsetMs };
}

function fullestOf({ limits }: SimulatorReport): number {
  const shares = Object.values(limits.buckets).map(({ limit, largestAtArrival }) =>
    limit === null ? 0 : (100 * largestAtArrival) / limit,
  );
  return Math.round(Math.max(...shares));
}

function missedOf(plan: RoundPlan, hits: Record<string, number>): string[] {
  const left = { ...hits };
  const planned = [
    ...plan.faults.flat().map(({ kind }) => kind),
    ...plan.blows.flat().map(({ kind }) => kind),
    ...plan.failpoints.map(() => 'kill worker at failpoint'),
  ];
  return planned.filter((kind) => (left[kind] = (left[kind] ?? 0) - 1) < 0);
}

/** Set-up, check and going live are not disturbed: a person does them and sees what fails. */
async function open({ temporal, pool, portalId }: Stack): Promise<void> {
  for (const workflow of ['setupPortal', 'checkPortal']) {
    const result = (await temporal.workflow.execute(workflow, {
      ...{ taskQueue, workflowId: workflow, args: [{}] },
    })) as { faults: unknown[] };
    if (result.faults.length > 0) throw new Error(`${workflow}: ${JSON.stringify(result.faults)}`);
  }
  await setMode(pool, portalId, 'live');
}

/** Postgres holds the demo's sources too, and may be coming back just now. */
async function changeWorld({ demo }: Stack, { seed, changedShare: fraction }: RoundPlan): Promise<void> {
  const at = new Date().toISOString();
  await persist(performance.now() + 60_000, () => demo.change({ do: 'rows', fraction, seed, at }));
}
