import type { GoldenInput, StoredGolden } from '../../db/golden/goldenRecords';
import type { Mark } from '../../db/delivery/outbox';
import type { Queryable } from '../../db/pool';
import { loadTargetStates, targetKey } from '../../db/delivery/targetStates';
import { decideWriteBack, writeBackRules } from '../../domain/delivery/decideWriteBack';
import type { IdentityCluster } from '../../domain/identity/identityRecord';
import type { RecordRef } from '../../domain/record';
import type { ObjectRules } from '../../domain/rules';
import type { TargetStream } from '../writeBack/targetSettings';

/** A merged golden record with the records it was merged from. */
export interface Merged {
  golden: GoldenInput;
  before: StoredGolden | undefined;
  members: IdentityCluster['members'];
  lane: number;
}

/**
 * The marks of sources that take write-backs: for every golden record with a record there that differs from it, and for
 * every one whose value changed, because a former one may be on its way there just now. A record that is as it should be
 * costs no mark, so a first sync marks only real differences.
 */
export async function writeBackMarks(
  db: Queryable,
  { portalId, rules, targets }: { portalId: string; rules: ObjectRules; targets: TargetStream[] },
  merged: Merged[],
): Promise<Mark[]> {
  const marks: Mark[] = [];
  for (const { target, stream, fields } of targets) {
    const isThere = (ref: RecordRef) => ref.source === target && ref.stream === stream.name;
    const concerned = merged
      .map((one) => ({ ...one, refs: one.members.filter(isThere) }))
      .filter(({ refs }) => refs.length > 0);
    const records = concerned.flatMap(({ refs }) => refs.map(({ key }) => ({ target, recordId: key })));
    const states = await loadTargetStates(db, portalId, rules.objectType, records);
    const properties = writeBackRules(rules, fields);
    for (const { golden, before, refs, lane } of concerned) {
      const hasChanged = properties.some(
        ({ property }) => before && before.values[property] !== golden.values[property],
      );
      const differs = refs.some((ref) => {
        const known = states.get(targetKey({ target, recordId: ref.key })) ?? null;
        return Object.keys(decideWriteBack(golden, ref, known, properties)).length > 0;
      });
      if (hasChanged || differs) marks.push({ target, goldenId: golden.goldenId, leadSource: target, lane });
    }
  }
  return marks;
}
