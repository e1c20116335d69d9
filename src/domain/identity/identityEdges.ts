import type { IdentityRecord } from './identityRecord';
import { similarityOf } from './identitySimilarity';
import type { IdentityRules } from '../rules';

/** Two records, by their index, that share evidence. */
export type IdentityEdge = readonly [number, number];

/**
 * The pairs of records that share an evident key, per rule, strongest rule first.
 *
 * A key is evident when no stream has more than `maxSharers` holders of it, so a key's group is small (that
 * many per stream) and comparing its pairs stays cheap. Under a rule with `similar` a pair must also look alike.
 */
export function identityEdges(
  records: readonly IdentityRecord[],
  sharers: Readonly<Record<string, number>>,
  rules: IdentityRules,
): IdentityEdge[][] {
  const edges: IdentityEdge[][] = rules.rules.map(() => []);
  for (const [key, { rule, holders }] of holdersByKey(records)) {
    if (holders.length < 2) continue;
    if (Math.max(sharers[key] ?? 0, mostInOneStream(holders, records)) > rules.maxSharers) continue;
    const similar = rules.rules[rule]?.similar;
    holders.forEach((a, at) => {
      for (const b of holders.slice(at + 1)) {
        if (similar === undefined || alike(records[a], records[b], rule, similar.above))
          edges[rule]?.push([a, b]);
      }
    });
  }
  return edges;
}

function holdersByKey(records: readonly IdentityRecord[]): Map<string, { rule: number; holders: number[] }> {
  const byKey = new Map<string, { rule: number; holders: number[] }>();
  records.forEach((record, index) => {
    for (const { rule, key } of record.keys) {
      const group = byKey.get(key);
      if (group === undefined) byKey.set(key, { rule, holders: [index] });
      else if (group.holders[group.holders.length - 1] !== index) group.holders.push(index);
    }
  });
  return byKey;
}

function mostInOneStream(holders: readonly number[], records: readonly IdentityRecord[]): number {
  const counts = new Map<string, number>();
  let most = 0;
  for (const index of holders) {
    const record = records[index];
    const stream = `${record?.source}\n${record?.stream}`;
    const count = (counts.get(stream) ?? 0) + 1;
    counts.set(stream, count);
    most = Math.max(most, count);
  }
  return most;
}

function alike(
  a: IdentityRecord | undefined,
  b: IdentityRecord | undefined,
  rule: number,
  above: number,
): boolean {
  return similarityOf(a?.similarText[rule] ?? '', b?.similarText[rule] ?? '') > above;
}
