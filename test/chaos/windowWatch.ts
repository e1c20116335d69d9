import { readReport } from '../support/simulatorControl';

/** Looks at HubSpot's windows while a round is played. */
export interface WindowWatch {
  /** Calls above the limit that arrived while this process, which is HubSpot and the clock, stood still. */
  blurred(): number;
  stop(): void;
}

const lookEveryMs = 250;
const beatMs = 20;
/** A stall of this length lets calls of that time arrive in a heap: twice what a late call is allowed. */
const stallMs = 250;
/** A stall counts for the calls of one window after it. */
const windowMs = 10_000;

/**
 * A machine that is busy with other things stops the simulator too: what it then finds waiting it counts as having
 * arrived at once. Such calls are told apart, for they say nothing about who sent them.
 */
export function watchWindows(simulatorUrl: string, tell: (what: string) => void): WindowWatch {
  let lastBeat = performance.now();
  let stalledAt = -Infinity;
  let seen = 0;
  let blurred = 0;
  const beating = setInterval(() => {
    const now = performance.now();
    if (now - lastBeat > stallMs) stalledAt = now;
    lastBeat = now;
  }, beatMs);
  const look = async () => {
    const { limits } = await readReport(simulatorUrl);
    const violations = Object.values(limits.buckets).reduce((sum, bucket) => sum + bucket.violations, 0);
    if (violations === seen) return;
    const isBlurred = performance.now() - stalledAt < windowMs;
    if (isBlurred) blurred += violations - seen;
    tell(`${violations - seen} calls above the limit${isBlurred ? ' after a stall of the simulator' : ''}`);
    seen = violations;
  };
  const looking = setInterval(() => void look().catch(() => undefined), lookEveryMs);
  return {
    blurred: () => blurred,
    stop() {
      clearInterval(beating);
      clearInterval(looking);
    },
  };
}
