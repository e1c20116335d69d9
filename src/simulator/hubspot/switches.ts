import { Rejected, invalid } from './rejection';

/**
 * What the fact sheet calls UNCERTAIN is a switch here: the first choice is the default, and the product
 * has to come out right under every choice. Times and limits are settings, not switches.
 */
export const switchChoices = {
  /** Merge: mint a new id (default), or keep the primary's (facts 4.3). */
  mergeKeepsPrimaryId: [false, true],
  /** Upsert by e-mail with trace ids: refused, all-or-nothing in spite of them, or partial (facts 3.3). */
  upsertByEmailPartial: ['rejected', 'allOrNothing', 'partial'],
  /** A mixed-case e-mail as upsert id creates a contact without its other properties (facts 3.3). */
  upsertMixedCaseEmailLosesProperties: [false, true],
  /** A known property without a value: null, or absent (facts 4.2). */
  missingPropertyIsNull: [true, false],
  /** Batch results name the trace id of their input. */
  resultsEchoTraceId: [true, false],
  /** Batch results come in another order than the inputs. */
  shuffleResults: [true, false],
  /** Write replies carry the written properties, or only the system ones. */
  writeRepliesCarryProperties: [true, false],
  /** Retry-After on 429. */
  retryAfterOn429: ['never', 'always', 'sometimes'],
  /** Text of the 409 of a contact: id in the message, the identityProfile family, or no id (facts 3.4). */
  conflictText: ['id', 'identityProfile', 'noId', 'rotate'],
  /** A taken unique custom value: 409 CONFLICT, or 400 in the validation family. */
  uniqueConflict: ['conflict409', 'validation400'],
  /** A partly failed batch: 207, or the plain status with `errors` (facts 3.1). */
  batchPartial: ['207', 'plainStatus'],
  /** Batch update without trace ids that names unknown ids: whole 404, or 207 for the rest. */
  batchUpdateMissing: ['whole404', 'partial'],
  /** Batch read follows the old ids of merged records. */
  batchReadResolvesMerged: [false, true],
  /** Changing the e-mail keeps the old address as a secondary one. */
  emailChangeKeepsOld: [false, true],
  /** Ids in association replies as numbers or strings (facts 5). */
  assocIdsAsNumbers: [false, true],
  /** Batch association create with unknown ids: 207 for the rest, or whole 400. */
  associationMissing: ['partial', 'whole400'],
  /** Rate headers on association calls: of their own bucket, none, or of the burst bucket. */
  associationHeaders: ['own', 'none', 'burst'],
  /** The first company associated to a contact or deal becomes the primary by itself. */
  firstCompanyBecomesPrimary: [false, true],
  /** Whole-second date times are answered with or without `.000`. */
  datetimeFractions: [true, false],
  /** Numbers come back as written, or normalised ("1.0" as "1"). */
  numbersNormalized: [false, true],
  /** A refresh answers with another refresh token, the used one staying valid until its successor is used (facts 7). */
  refreshTokenChanges: [false, true],
  /** Token replies say whose account it is and which scopes were granted. */
  tokenReplyNamesPortal: [true, false],
  /** Calls answered with 429 use up the window too. */
  rejectedCallsCount: [false, true],
  /** A batch with a trace id on every input: the valid ones are written, or none where one is not valid (facts 3.2). */
  tracedWrites: ['partial', 'allOrNothing'],
  /** Where nothing follows in the Webhooks Journal: 204, or 404 as for an offset that has expired (facts 8.2). */
  journalEnd: ['204', '404'],
} as const;

export type Switches = { [K in keyof typeof switchChoices]: (typeof switchChoices)[K][number] };

/** Every switch at its default. */
export function defaultSwitches(): Switches {
  return Object.fromEntries(
    Object.entries(switchChoices).map(([name, choices]) => [name, choices[0]]),
  ) as unknown as Switches;
}

/** The switches with `wanted` laid over them; an unknown name or choice is a Rejected (400). */
export function mergeSwitches(current: Switches, wanted: Record<string, unknown>): Switches {
  for (const [name, value] of Object.entries(wanted)) {
    const choices = (switchChoices as Record<string, readonly unknown[]>)[name];
    if (!choices) throw new Rejected(invalid(`Unknown switch ${name}`));
    if (!choices.includes(value)) {
      throw new Rejected(invalid(`Switch ${name} must be one of ${JSON.stringify(choices)}`));
    }
  }
  return { ...current, ...wanted };
}
