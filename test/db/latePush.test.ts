import { stageRecords } from '../../src/db/staging/stagedRecords';
import { testDatabase } from '../support/testDatabase';

const { pool } = testDatabase();

const ref = { portalId: '100', source: 'crm', stream: 'people' };

function stage(city: string, changedAt: string | null, mayBeLate: boolean): Promise<number> {
  const record = { key: '1', payload: { city }, payloadHash: city, changedAt };
  return stageRecords(pool, ref, 'contacts', [record], { runId: null, lane: 0, mayBeLate });
}

test('what comes late is left out, but a record dated ahead of the clock hides nothing that is pushed later', async () => {
  expect(await stage('Leeds', '2026-01-02T00:00:00Z', true)).toBe(1);
  expect(await stage('Lagos', '2026-01-01T00:00:00Z', true)).toBe(0);
  // As a page of the stream brought it.
  expect(await stage('York', '9999-12-31T00:00:00Z', false)).toBe(1);
  expect(await stage('Oslo', '2026-01-03T00:00:00Z', true)).toBe(1);
});
