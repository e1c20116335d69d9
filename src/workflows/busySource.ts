/** The first looks come so quickly. */
const soonMs = 2_000;
/** However long the other run reads. */
const lateMs = 5 * 60_000;

/**
 * How long a run waits before it looks again whether the run that holds its source has ended: at most a tenth of what it
 * has waited already, so that a read of hours neither fills its history, ten events a look, nor delays it much.
 */
export function busySourceMs(waitedMs: number): number {
  return Math.min(Math.max(soonMs, Math.round(waitedMs / 10)), lateMs);
}
