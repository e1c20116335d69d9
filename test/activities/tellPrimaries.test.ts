import { tellPrimaries } from '../../src/activities/consolidate/tellPrimaries';
import { retryProblems } from '../../src/db/problems/problemActions';
import { testDatabase } from '../support/testDatabase';

const { pool } = testDatabase();

test('a wish that goes elsewhere is a problem of the pair until it is met, whatever is asked of it meanwhile', async () => {
  const request = { portalId: '100', runId: null };
  const turn = (fromGolden: string, isElsewhere: boolean) => ({
    ...{ fromObject: 'companies', fromGolden, toObject: 'contacts', leadSource: 'erp', isElsewhere },
    toGolden: '00000000-0000-4000-8000-000000000009',
  });
  const acme = '00000000-0000-4000-8000-000000000001';
  const bolt = '00000000-0000-4000-8000-000000000002';
  const open = async () => {
    const { rows } = await pool.query<{ golden_id: string }>(
      'select golden_id from problems where closed_at is null order by 1',
    );
    return rows.map((row) => row.golden_id);
  };
  await tellPrimaries(pool, request, [turn(acme, true), turn(bolt, true)]);
  expect(await open()).toEqual([acme, bolt]);
  const retried = await retryProblems(pool, '100', { filter: { kind: 'conflict' } });
  expect(JSON.stringify(retried)).toContain('when the sources agree');
  await tellPrimaries(pool, request, [turn(acme, false)]);
  expect(await open()).toEqual([bolt]);
});
