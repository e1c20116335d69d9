/** Calls used on the current day of the account's time zone. */
export interface AccountDay {
  used(): number;
  use(): void;
  setUsed(used: number): void;
  /** Epoch ms of the next midnight in the time zone. */
  endsAt(): number;
}

/** The longest day: 24 hours and the one that summer time gives back, with an hour to spare. */
const longestDayMs = 26 * 3_600_000;

/** A count that starts again at midnight in `timeZone` by the clock `now` (facts 2.1). */
export function createAccountDay(timeZone: string, now: () => number): AccountDay {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone });
  let key = '';
  let count = 0;
  let from = 0;
  let until = 0;
  const turn = (): void => {
    const time = now();
    if (time >= from && time < until) return;
    const today = format.format(time);
    if (today !== key) count = 0;
    key = today;
    from = time;
    until = endOfDay(time, format);
  };
  return {
    used() {
      turn();
      return count;
    },
    use() {
      turn();
      count++;
    },
    setUsed(used) {
      turn();
      count = used;
    },
    endsAt() {
      turn();
      return until;
    },
  };
}

/** The first moment of the next day in the format's time zone, by bisection (days have 23 to 25 hours). */
function endOfDay(now: number, format: Intl.DateTimeFormat): number {
  const today = format.format(now);
  let low = now;
  let high = now + longestDayMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (format.format(middle) === today) low = middle;
    else high = middle;
  }
  return high;
}
