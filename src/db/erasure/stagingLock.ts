import { lockInTransaction, shareLockInTransaction, type Queryable } from '../pool';

/**
 * Between what is known of erased people and what is staged: who stages shares the lock from before he asks until he has
 * committed, and who erases holds it alone while he adds to it. So what was staged before is there to be found.
 */
const lockOf = (portalId: string) => `staging:${portalId}`;

/** Take it before asking who was erased. */
export function shareStaging(tx: Queryable, portalId: string): Promise<void> {
  return shareLockInTransaction(tx, lockOf(portalId));
}

/** Waits for all who are staging; until the end of the transaction nobody does. */
export function lockStaging(tx: Queryable, portalId: string): Promise<void> {
  return lockInTransaction(tx, lockOf(portalId));
}
