import type { ActivityContext } from '../context';

/** What a wave of batches came to. */
export interface WaveResult {
  calls: number;
  delivered: number;
  refused: number;
}

/** Says what a wave came to, by numbers alone: the log tells what became of an edit. Nothing where no call was made. */
export function logWave(
  { log }: Pick<ActivityContext, 'log'>,
  event: 'delivered' | 'associated' | 'written_back',
  about: { portalId: string; lane?: string; target?: string },
  { calls, delivered, refused }: WaveResult,
): void {
  if (calls === 0) return;
  log.info({ event, ...about, calls, delivered, refused }, `${delivered} ${event.replace('_', ' ')}`);
}
