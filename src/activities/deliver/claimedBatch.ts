import { ApplicationFailure } from '@temporalio/activity';

/**
 * A batch that was to be claimed for sending. Out: null where it is settled already.
 * @throws a retryable failure while another attempt may still be sending it
 */
export function claimedBatch<Batch>(taken: Batch | 'settled' | 'busy'): Batch | null {
  if (taken === 'settled') return null;
  if (taken !== 'busy') return taken;
  throw ApplicationFailure.create({ type: 'busy', message: 'another attempt may still be sending a batch' });
}
