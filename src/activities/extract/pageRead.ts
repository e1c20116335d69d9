import { ApplicationFailure } from '@temporalio/activity';

/** One page of a stream, at its stored cursor. */
export interface ExtractPageInput {
  portalId: string;
  runId: string;
  source: string;
  stream: string;
  full: boolean;
  /** For the source hubspot: the lease its calls are spent from. */
  leaseId?: string;
}

export interface ExtractPageResult {
  records: number;
  staged: number;
  faults: number;
  done: boolean;
}

/** A newer attempt has taken the read over; this one's page is thrown away. */
export function supersededRead(): ApplicationFailure {
  return ApplicationFailure.create({ type: 'superseded', message: 'a newer attempt reads this stream' });
}
