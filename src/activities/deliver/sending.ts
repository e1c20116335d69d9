import type { HubSpotClient } from '../../hubspot/client';
import type { ActivityContext } from '../context';

export interface SendBatchesResult {
  calls: number;
  delivered: number;
  refused: number;
}

/** What is at hand while one claimed batch is sent and settled. */
export interface Sending {
  context: ActivityContext;
  /** A client for one claimed batch: it starts no call after the claim's expiry. */
  client: HubSpotClient;
  /**
   * The same for the reads that prove what was written: urgent, else they would stand behind the writes of all other
   * batches, and with few calls left the claim would end before the proof, again and again.
   */
  readBack: HubSpotClient;
  /** The batch's write was answered: what fails after that fails behind it. */
  wasSent: boolean;
  portalId: string;
  /** The portal's installation when the wave began: what fails, failed with it. */
  installation: string | null;
  result: SendBatchesResult;
}
