import { failpoints, type Failpoint } from '../../src/activities/deps';
import { seededRandom, shuffle } from '../../src/simulator/hubspot/seededRandom';
import { switchChoices } from '../../src/simulator/hubspot/switches';
import { faultKinds, paths, type BlowKind } from './faultKinds';

/** No HubSpot tells a chaos round anything, so nothing is received in it. */
const passed = failpoints.filter((name) => !name.startsWith('receive.'));

/** Everything that will go wrong in one round: a function of its seed and size. */
export interface RoundPlan {
  seed: number;
  people: number;
  switches: Record<string, unknown>;
  latency: { meanMs: number; jitterMs: number };
  /** HubSpot's clock, ahead in one round and behind in the next. */
  clockOffsetMs: number;
  /** Refused by HubSpot, per object. */
  poisonPerObject: number;
  /** Share of the source rows that change between the two syncs of a round. */
  changedShare: number;
  /** Orders to the simulator, per sync of the round. */
  faults: { kind: string; order: Record<string, unknown> }[][];
  /** Blows at call numbers, counted from the first sync's first call; per sync. */
  blows: Blow[][];
  /** Each new worker process takes the next one. */
  failpoints: { name: Failpoint; pass: number }[];
}

export interface Blow {
  kind: Exclude<BlowKind, 'kill worker at failpoint' | 'clock ahead' | 'clock behind'>;
  atCall: number;
  /** Which of the workers. */
  worker: number;
  /** How long a stop, a cut or an expired token lasts. */
  forMs: number;
}

export interface PlanSize {
  claimMs: number;
  deadlineMs: number;
}

const tenMinutesMs = 10 * 60_000;
const blows = [
  'kill worker',
  'kill Temporal',
  'kill Postgres',
  'stop worker',
  'cut to Temporal',
  'token expires',
] as const;

/** Plans a round. Calls grow with the people, so that faults spread over the whole sync. */
export function planRound(seed: number, people: number, { claimMs, deadlineMs }: PlanSize): RoundPlan {
  const random = seededRandom(seed * 7919 + 17);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const between = (least: number, most: number) => Math.floor(least + random() * (most - least + 1));
  const calls = 18 + Math.floor(people / 40);
  const planFaults = (kinds: typeof faultKinds, spread: number) => {
    const free = new Map(
      Object.keys(paths).map((path) => [path, shuffle([...Array(spread).keys()], random)] as const),
    );
    return kinds.map(({ name, meets, order }) => ({
      kind: name,
      order: {
        ...order,
        match: {
          path: paths[meets],
          ...(meets === 'writes' ? { method: 'POST' } : {}),
          nthCall: free.get(meets)!.pop()! + 1,
        },
      },
    }));
  };
  const planBlows = (kinds: readonly Blow['kind'][], most: number) =>
    kinds
      .map((kind): Blow => ({ kind, atCall: between(3, most), worker: between(0, 1), forMs: lasting(kind) }))
      .sort((a, b) => a.atCall - b.atCall);
  const lasting = (kind: Blow['kind']): number => {
    if (kind === 'stop worker') return 2 * claimMs + (random() < 0.5 ? 0 : claimMs + deadlineMs);
    // A dead line is noticed by missing heartbeats after ten seconds: some cuts are longer than that.
    if (kind === 'cut to Temporal') return random() < 0.3 ? 12_000 : between(500, 4_000);
    return between(500, 1_500);
  };
  return {
    seed,
    people,
    switches: Object.fromEntries(
      Object.entries(switchChoices).map(([name, choices]) => [name, pick<unknown>(choices)]),
    ),
    latency: { meanMs: between(5, 60), jitterMs: between(0, 40) },
    clockOffsetMs: seed % 2 === 0 ? tenMinutesMs : -tenMinutesMs,
    poisonPerObject: between(1, 3),
    changedShare: 0.3,
    faults: [planFaults(faultKinds, calls), planFaults(faultKinds, Math.max(20, Math.floor(calls / 2)))],
    blows: [
      planBlows(shuffle([...blows], random), calls),
      planBlows(shuffle([...blows], random).slice(0, 3), Math.floor(calls / 2)),
    ],
    failpoints: Array.from({ length: 4 }, () => ({ name: pick(passed), pass: between(1, 3) })),
  };
}
