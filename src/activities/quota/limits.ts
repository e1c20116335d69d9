/** Durations of a claim; inputs, so that tests of crashes take milliseconds. */
export interface ClaimLimits {
  /** No HubSpot call outlives this; its socket is destroyed (DESIGN §5.1). */
  callDeadlineMs: number;
  /** How long a taken batch is ours. A claim is taken over only after this and a call's deadline. */
  claimMs: number;
}

export const defaultClaimLimits: ClaimLimits = { callDeadlineMs: 30_000, claimMs: 30_000 };

/** After so many replies that leave records unproved a batch is halved; a single unproved record becomes a problem. */
export const unprovedAttemptsMax = 4;

/** So often HubSpot may fail one single record before it is a problem; more than open the portal's breaker. */
export const hardFailuresMax = 8;

/** So often HubSpot may name another owner of a record's key before it is a problem. */
export const conflictsMax = 3;
