/** What HubSpot did with one input, as the client reads it. */
export type Outcome =
  | { kind: 'written'; id: string; properties: Record<string, string | null>; updatedAt: string | null }
  | {
      kind: 'rejected';
      fault: 'invalid' | 'conflict' | 'gone';
      message: string;
      propertyErrors: readonly { property: string | null; message: string | null }[];
      conflictingId: string | null;
    }
  | { kind: 'unproved'; why: 'missing' | 'transient' | 'unattributed' };

export interface FoldedOutcomes {
  written: {
    goldenId: string;
    recordId: string;
    kept: Record<string, string | null>;
    updatedAt: string | null;
  }[];
  /** HubSpot refuses the values: a problem per property, or one of the record. */
  refused: { goldenId: string; field: string | null; reason: string }[];
  /** Another record owns a key of it. */
  conflicts: { goldenId: string; ownerId: string | null; reason: string }[];
  /** No such record (any more). */
  gone: { goldenId: string; recordId: string | null }[];
  /** Neither proved nor refused: stays in the batch. */
  open: string[];
  /** The open ones must be halved to find the one at fault. */
  splitOpen: boolean;
}

/**
 * Folds the outcomes of a batch into what is settled how. Delivered is only what HubSpot acknowledged (DESIGN §5.4).
 * @param intents the batch's records: the trace id of an input is its golden id
 * @param mapped all properties that we ever write: on a new record those not answered are empty
 */
export function foldOutcomes(
  intents: { goldenId: string; recordId: string | null; properties: Record<string, string> }[],
  outcomes: ReadonlyMap<string, Outcome>,
  mapped: readonly string[],
): FoldedOutcomes {
  const folded: FoldedOutcomes = {
    written: [],
    refused: [],
    conflicts: [],
    gone: [],
    open: [],
    splitOpen: false,
  };
  for (const { goldenId, recordId, properties } of intents) {
    const outcome = outcomes.get(goldenId) ?? { kind: 'unproved', why: 'missing' };
    if (outcome.kind === 'written') {
      const { id, updatedAt } = outcome;
      const asked = recordId === null ? mapped : Object.keys(properties);
      const kept = Object.fromEntries(
        asked.map((name) => [name, keptValue(outcome.properties[name], properties[name])]),
      );
      folded.written.push({ goldenId, recordId: id, kept, updatedAt });
    } else if (outcome.kind === 'unproved') {
      folded.open.push(goldenId);
      if (outcome.why === 'unattributed') folded.splitOpen = true;
    } else if (outcome.fault === 'conflict') {
      folded.conflicts.push({ goldenId, ownerId: outcome.conflictingId, reason: outcome.message });
    } else if (outcome.fault === 'gone') {
      folded.gone.push({ goldenId, recordId });
    } else if (outcome.propertyErrors.length > 0) {
      for (const { property, message } of outcome.propertyErrors) {
        folded.refused.push({ goldenId, field: property, reason: `HubSpot refuses the value: ${message}` });
      }
    } else {
      folded.refused.push({
        goldenId,
        field: null,
        reason: `HubSpot refuses the record: ${outcome.message}`,
      });
    }
  }
  return folded;
}

/** What HubSpot answered; where an accepted write is not echoed, what was sent. null is empty. */
function keptValue(answered: string | null | undefined, sent: string | undefined): string | null {
  return (answered === undefined ? sent : answered) || null;
}
