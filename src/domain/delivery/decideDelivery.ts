import { associationTypes, type LabelDefinition } from './associationTypes';
import { diffState } from './diffState';
import type { ObjectRules } from '../rules';

/** A due golden record beside what HubSpot is known to hold of it. */
export interface DueGolden {
  state: 'live' | 'archived' | 'empty';
  values: Record<string, string>;
  recordId: string | null;
  kept: Record<string, string | null> | null;
  sent: Record<string, string> | null;
  archived: boolean | null;
  /** HubSpot merged its record into this one, which belongs to another golden record. */
  mergedInto: string | null;
}

export type DeliveryDecision =
  | { kind: 'create' | 'update'; properties: Record<string, string> }
  | { kind: 'archive' }
  | { kind: 'unchanged' }
  /** HubSpot's record was archived there: it is left as it is. */
  | { kind: 'leftArchived' }
  /** HubSpot's record was merged into another one, which belongs to another golden record. */
  | { kind: 'mergedAway'; into: string }
  /** Nothing that HubSpot requires of a new record is known. */
  | { kind: 'bare' };

/** What is to be done about a due golden record. Delivery does it, `plan` shows it. */
export function decideDelivery(due: DueGolden, rules: ObjectRules): DeliveryDecision {
  const { recordId, state, values } = due;
  if (recordId !== null && due.mergedInto !== null) return { kind: 'mergedAway', into: due.mergedInto };
  if (recordId !== null && due.archived) return decideArchived(due, rules);
  if (state === 'archived') return recordId === null ? { kind: 'unchanged' } : { kind: 'archive' };
  const known = recordId === null ? null : { kept: due.kept ?? {}, sent: due.sent ?? {} };
  const properties = diffState({ golden: values, known, rules: rules.fields });
  if (Object.keys(properties).length === 0) return { kind: 'unchanged' };
  if (recordId !== null) return { kind: 'update', properties };
  const { requiredAny } = rules;
  if (requiredAny.length > 0 && !requiredAny.some((name) => values[name])) return { kind: 'bare' };
  return { kind: 'create', properties };
}

/**
 * Created anew only where HubSpot says that it was archived, and not deleted for good: so its update is tried with all
 * values, and what the answer tells decides.
 */
function decideArchived({ state, values }: DueGolden, rules: ObjectRules): DeliveryDecision {
  if (rules.whenArchived === 'leave' || state !== 'live') return { kind: 'leftArchived' };
  return { kind: 'update', properties: diffState({ golden: values, known: null, rules: rules.fields }) };
}

/** A due association beside what HubSpot is known to hold of it; types as 'CATEGORY:typeId'. */
export interface DueAssociation {
  wanted: boolean;
  labels: string[];
  /** What HubSpot has on the pair, and which of it we wrote. */
  types: string[];
  ours: string[];
}

export type AssociationDecision =
  /** `types` to send, and `ours`: what of the pair is ours when that is done. */
  | { kind: 'associate' | 'dissociate'; types: string[]; ours: string[] }
  | { kind: 'unchanged' }
  | { kind: 'unknownLabel'; label: string };

/**
 * What is to be done about a due association. Writing labels replaces those that are there, so theirs and ours are sent
 * together; only what we wrote is ever removed, and before anything is added (facts §5).
 * - A pair that HubSpot did not have is ours as a whole: the unlabelled type comes along with whatever is written.
 * - Whoever removes the unlabelled type removes all labels: it stays while the pair is wanted, or has labels of others.
 *   To be the primary company is no label: HubSpot gives that to the first one by itself.
 */
export function decideAssociation(due: DueAssociation, definitions: LabelDefinition[]): AssociationDecision {
  const typesOf = (labels: string[]) => {
    const found = associationTypes(labels, definitions);
    return found.ok ? found.types : [];
  };
  const wanted = due.wanted ? associationTypes(due.labels, definitions) : { ok: true as const, types: [] };
  if (!wanted.ok) return { kind: 'unknownLabel', label: wanted.unknown };
  const known = new Set(due.types);
  const ours = due.ours.filter((type) => known.has(type));
  const plain = typesOf([]);
  const noLabels = [...ours, ...plain, ...typesOf(['primary'])];
  const isKept = due.wanted || due.types.some((type) => !noLabels.includes(type));
  const gone = ours.filter((type) => !wanted.types.includes(type) && !(isKept && plain.includes(type)));
  if (gone.length > 0) {
    return { kind: 'dissociate', types: gone, ours: ours.filter((type) => !gone.includes(type)) };
  }
  if (wanted.types.every((type) => known.has(type))) return { kind: 'unchanged' };
  const types = [...new Set([...due.types, ...wanted.types])];
  const added = [...wanted.types, ...(known.size === 0 ? plain : [])].filter((type) => !known.has(type));
  return { kind: 'associate', types, ours: [...new Set([...ours, ...added])] };
}
