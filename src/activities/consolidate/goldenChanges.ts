import type { GoldenInput, StoredGolden } from '../../db/golden/goldenRecords';
import type { Mark } from '../../db/delivery/outbox';
import type { IdentityCluster } from '../../domain/identity/identityRecord';
import { laneNumbers } from '../../domain/record';
import type { FieldRule, ObjectRules } from '../../domain/rules';
import { sameProperty } from '../../domain/values/canonicalValue';
import { refKey } from './mapSlice';

/** Whether a merged golden record says anything else than the stored one, or of others. */
export function isChanged(golden: GoldenInput, before: StoredGolden | undefined): boolean {
  if (!before || before.state !== 'live') return true;
  return (
    !sameJson(golden.values, before.values) ||
    golden.leadSource !== before.leadSource ||
    !sameJson(golden.origins, before.origins)
  );
}

/** Due marks of the records whose values changed, that were adopted, or whose HubSpot record was read anew. */
export function marksOf(
  merged: GoldenInput[],
  affected: IdentityCluster[],
  changed: GoldenInput[],
  existing: Map<string, StoredGolden>,
  adoptions: Set<string>,
  request: { rules: ObjectRules; lane: number; touched: ReadonlySet<string> },
): Mark[] {
  const { touched } = request;
  const changedIds = new Set(
    changed
      .filter(({ goldenId, values }) => !sameJson(values, existing.get(goldenId)?.values ?? null))
      .map(({ goldenId }) => goldenId),
  );
  return merged.flatMap((golden, index) => {
    const { goldenId, leadSource } = golden;
    const anchor = affected[index]!.anchor;
    const reread = anchor !== null && touched.has(refKey(anchor));
    if (!changedIds.has(goldenId) && !adoptions.has(goldenId) && !reread) return [];
    return [{ goldenId, leadSource, lane: laneOf(golden, existing.get(goldenId), request) }];
  });
}

/** Somebody who opts out is urgent, whoever says so. */
export function laneOf(
  { values }: GoldenInput,
  before: StoredGolden | undefined,
  { rules, lane }: { rules: ObjectRules; lane: number },
): number {
  const optedOut = rules.fields.some(
    (rule) => before !== undefined && isOptOut(rule, values) && !isOptOut(rule, before.values),
  );
  return optedOut ? laneNumbers.realtime : lane;
}

function isOptOut(rule: FieldRule, values: Record<string, string>): boolean {
  const { property, optOutValue } = rule;
  return optOutValue !== undefined && sameProperty(rule, values[property], optOutValue);
}

/** Equal as JSON whatever the order of keys: Postgres orders jsonb keys its own way. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) =>
    sameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
