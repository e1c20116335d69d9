import type { PrimaryTurn } from '../../db/golden/primaryAssociations';
import type { Queryable } from '../../db/pool';
import { closeContested, openProblems } from '../../db/problems/problems';
import { addCounts } from '../../db/runs/runCounts';

const reason =
  'another company is wished as the primary one by a stronger source, or equally; this one is associated without it';

/** A wish for a primary company that goes elsewhere is a problem, until the wishes agree. */
export async function tellPrimaries(
  db: Queryable,
  { portalId, runId }: { portalId: string; runId: string | null },
  turns: PrimaryTurn[],
): Promise<void> {
  const elsewhere = turns.filter(({ isElsewhere }) => isElsewhere);
  await closeContested(
    db,
    portalId,
    turns.filter(({ isElsewhere }) => !isElsewhere),
  );
  await openProblems(
    db,
    portalId,
    runId,
    elsewhere.map(({ fromObject, fromGolden, toObject, toGolden, leadSource }) => ({
      ...{
        stage: 'consolidate' as const,
        kind: 'conflict' as const,
        objectType: fromObject,
        source: leadSource,
      },
      ...{ goldenId: fromGolden, toGolden, field: toObject, reason },
    })),
  );
  const counts = elsewhere.map(({ fromObject, leadSource }) => {
    return { source: leadSource, objectType: fromObject, status: 'problems' as const, count: 1 };
  });
  await addCounts(db, portalId, runId, counts);
}
