import { randomUUID } from 'node:crypto';
import { makeFirstToken } from '../../src/cli/apiToken';
import { goLive } from '../../src/cli/goLive';
import { findApiToken, hashApiToken } from '../../src/db/apiTokens';
import { bindPortal, findPortal, saveCheck } from '../../src/db/portals';
import { countProblems, listProblems } from '../../src/db/problems/problemQueries';
import { openProblems } from '../../src/db/problems/problems';
import { readPlan } from '../../src/db/staging/readPlan';
import { saveReferenceData } from '../../src/db/staging/referenceData';
import type { FieldRule, ObjectRules } from '../../src/domain/rules';
import { testDatabase } from '../support/testDatabase';

const portalId = '77';
const target = 'hubspot';
const { pool } = testDatabase();

beforeAll(() => bindPortal(pool, 'main', portalId, null));

const field = (property: string): FieldRule => ({
  ...{ property, type: 'string', ownership: 'source', resolve: 'precedence', precedence: [] },
});
const rules: ObjectRules = {
  ...{
    objectType: 'contacts',
    fields: [field('city'), field('email')],
    requiredAny: ['email'],
    whenArchived: 'leave',
    configNumber: 1,
  },
  identity: { rules: [], maxSharers: 3, notEvidence: [], neverJoin: [] },
};
const objects = [{ objectType: 'contacts', rules, properties: ['city', 'email'] }];

interface Held {
  recordId: string;
  kept: Record<string, string | null>;
  sent?: Record<string, string>;
  archived?: boolean;
}

/** A due golden record, and what HubSpot holds of it. */
async function due(
  objectType: string,
  values: Record<string, string>,
  held?: Held,
  state = 'live',
  written = false,
): Promise<string> {
  const goldenId = randomUUID();
  const key = [portalId, objectType, goldenId];
  await pool.query(
    `insert into golden_records (portal_id, object_type, golden_id, values, origins, lead_source, state)
     values ($1, $2, $3, $4, '{}', 'azure', $5)`,
    [...key, JSON.stringify(values), state],
  );
  await pool.query(
    `insert into outbox (portal_id, object_type, golden_id, lead_source) values ($1, $2, $3, 'azure')`,
    key,
  );
  if (held) {
    const { recordId, kept, sent = {}, archived = false } = held;
    await pool.query(
      `insert into known_states (portal_id, target, object_type, golden_id, record_id, kept, sent, archived)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        portalId,
        target,
        objectType,
        goldenId,
        recordId,
        JSON.stringify(kept),
        JSON.stringify(sent),
        archived,
      ],
    );
  }
  if (written) {
    await pool.query(
      `insert into deliveries (portal_id, object_type, golden_id, record_id, operation, before, after, acknowledged)
       values ($1, $2, $3, 'x', 'update', '{}', '{}', '{}')`,
      key,
    );
  }
  return goldenId;
}

describe('the plan', () => {
  it('is the difference that delivery would send, record by record, and changes nothing', async () => {
    const created = await due('contacts', { email: 'a@x.example', city: 'Leeds' });
    const adopted = await due(...(['contacts', { email: 'b@x.example', city: 'Bath' }] as const), {
      recordId: '2',
      kept: { email: 'b@x.example', city: null },
    });
    const withdrawn = await due(
      ...(['contacts', { email: 'c@x.example' }] as const),
      { recordId: '3', kept: { email: 'c@x.example', city: 'York' }, sent: { city: 'York' } },
      ...(['live', true] as const),
    );
    await due('contacts', { email: 'd@x.example' }, { recordId: '4', kept: { email: 'd@x.example' } });
    await due('contacts', { city: 'Nowhere' });
    await due('contacts', { email: 'e@x.example' }, { recordId: '5', kept: { email: null }, archived: true });
    const gone = await due('contacts', {}, { recordId: '6', kept: {} }, 'archived', true);

    const { objects: plans } = await readPlan(pool, { portalId, objects, limit: 10 });
    expect(plans[0]).toMatchObject({
      ...{ creates: 1, updates: 2, archives: 1, adoptions: 2, unchanged: 1, undeliverable: 2 },
    });
    const changes = new Map(plans[0]!.changes.map((change) => [change.goldenId, change]));
    expect(changes.get(created)).toMatchObject({
      ...{ operation: 'create', recordId: null, adopted: false },
      fields: [
        { property: 'city', before: null, after: 'Leeds' },
        { property: 'email', before: null, after: 'a@x.example' },
      ],
    });
    expect(changes.get(adopted)).toMatchObject({
      ...{ operation: 'update', recordId: '2', adopted: true },
      fields: [{ property: 'city', before: null, after: 'Bath' }],
    });
    expect(changes.get(withdrawn)).toMatchObject({
      ...{ operation: 'update', adopted: false },
      fields: [{ property: 'city', before: 'York', after: '' }],
    });
    expect(changes.get(gone)).toMatchObject({ operation: 'archive', recordId: '6' });

    const { rows } = await pool.query<{ marks: number }>(
      `select count(*)::int as marks from outbox where batch_id is null and not parked`,
    );
    expect(rows[0]!.marks).toBe(7);
  });

  it('has totals of all, however few are listed', async () => {
    const { objects: plans } = await readPlan(pool, { portalId, objects, limit: 1 });
    expect(plans[0]).toMatchObject({ creates: 1, updates: 2, changes: [{}] });
  });

  it('goes through all pages', async () => {
    await pool.query(
      `with golden as (
         insert into golden_records (portal_id, object_type, golden_id, values, origins, lead_source)
         select $1, 'things', gen_random_uuid(), '{"email": "n@x.example"}', '{}', 'azure'
         from generate_series(1, 2345) returning golden_id)
       insert into outbox (portal_id, object_type, golden_id, lead_source)
       select $1, 'things', golden_id, 'azure' from golden`,
      [portalId],
    );
    const things = [{ objectType: 'things', rules: { ...rules, objectType: 'things' }, properties: [] }];
    const { objects: plans } = await readPlan(pool, { portalId, objects: things, limit: 0 });
    expect(plans[0]).toMatchObject({ creates: 2345, changes: [] });
  });

  it('says which properties of HubSpot were never read', async () => {
    const before = await readPlan(pool, { portalId, objects, limit: 0 });
    expect(before.objects[0]!.unread).toEqual({ never: true, properties: ['city', 'email'] });
    await pool.query(
      `insert into cursors (portal_id, source, stream, full_completed_at, covers)
       values ($1, 'hubspot', 'contacts', now(), '{email}')`,
      [portalId],
    );
    const after = await readPlan(pool, { portalId, objects, limit: 0 });
    expect(after.objects[0]!.unread).toEqual({ never: false, properties: ['city'] });
  });

  it('counts associations whose ends are in HubSpot or on their way, by what they lack', async () => {
    const company = await due('companies', {}, { recordId: '90', kept: {} });
    const labelled = await due('people', {}, { recordId: '91', kept: {} });
    const coming = await due('people', {});
    const parked = await due('people', {});
    await pool.query(`update outbox set parked = true where golden_id = $1`, [parked]);
    const labels = [
      { toObject: 'companies', category: 'HUBSPOT_DEFINED', typeId: 279, label: null },
      { toObject: 'companies', category: 'USER_DEFINED', typeId: 7, label: 'Boss' },
    ];
    const reference = { properties: [], owners: {}, pipelines: [], labels };
    await saveReferenceData(pool, portalId, 'people', reference);
    await pool.query(
      `insert into known_associations (portal_id, from_object, from_id, to_object, to_id, types)
       values ($1, 'people', '91', 'companies', '90', '{HUBSPOT_DEFINED:279}')`,
      [portalId],
    );
    const want = (from: string, wantedLabels: string[]): Promise<unknown> =>
      pool.query(
        `insert into golden_associations (portal_id, from_object, from_golden, to_object, to_golden, labels, wanted,
           lead_source) values ($1, 'people', $2, 'companies', $3, $4, true, 'azure')`,
        [portalId, from, company, wantedLabels],
      );
    await want(labelled, []);
    await want(coming, ['boss']);
    await want(parked, []);
    const pairs = async () => (await readPlan(pool, { portalId, objects: [], limit: 0 })).associations;
    const pair = { fromObject: 'people', toObject: 'companies' };
    expect(await pairs()).toEqual([{ ...pair, associate: 1, dissociate: 0, unchanged: 1, unknownLabel: 0 }]);
    await pool.query(`update golden_associations set labels = '{Nobody}' where from_golden = $1`, [coming]);
    expect(await pairs()).toEqual([{ ...pair, associate: 0, dissociate: 0, unchanged: 1, unknownLabel: 1 }]);
  });
});

describe('going live', () => {
  const portal = async () => (await findPortal(pool, portalId))!;

  it('wants a passed check of the very same configuration', async () => {
    await expect(goLive(pool, await portal(), 'hash')).rejects.toThrow('never checked');
    await saveCheck(pool, portalId, 'hash', [{ path: 'a.b', fault: 'no property', hint: 'run setup' }]);
    await expect(goLive(pool, await portal(), 'other')).rejects.toThrow('changed since');
    await expect(goLive(pool, await portal(), 'hash')).rejects.toThrow('a.b: no property');
    expect((await portal()).mode).toBe('hold');
    await saveCheck(pool, portalId, 'hash', []);
    await goLive(pool, await portal(), 'hash');
    expect((await portal()).mode).toBe('live');
  });
});

describe("the API's first token", () => {
  it('is made once and kept only as a hash', async () => {
    const token = await makeFirstToken(pool);
    expect(token).toMatch(/^trb_.{32}$/);
    expect(await makeFirstToken(pool)).toBeNull();
    expect(await findApiToken(pool, hashApiToken(token!))).toMatchObject({ name: 'first start' });
    const { rows } = await pool.query('select * from api_tokens');
    expect(JSON.stringify(rows)).not.toContain(token);
  });
});

describe('the list of problems', () => {
  it('is filtered by source, object and kind, newest first, with totals of all', async () => {
    const problem = { stage: 'consolidate' as const, kind: 'invalidValue' as const, reason: 'is no date' };
    await openProblems(pool, portalId, 'r', [
      { ...problem, objectType: 'contacts', source: 'azure', stream: 's', key: '1', field: 'born' },
      { ...problem, objectType: 'contacts', source: 'eol', stream: 's', key: '2', field: 'born' },
      { ...problem, objectType: 'contacts', source: 'eol', stream: 's', key: '3', kind: 'defect' },
    ]);
    const all = await listProblems(pool, portalId, {}, 10);
    expect(all.map(({ problemId }) => Number(problemId))).toEqual(
      all.map(({ problemId }) => Number(problemId)).sort((a, b) => b - a),
    );
    expect(all).toHaveLength(3);
    const eol = await listProblems(pool, portalId, { source: 'eol', kind: 'invalidValue' }, 10);
    expect(eol.map(({ recordKey }) => recordKey)).toEqual(['2']);
    expect(await listProblems(pool, portalId, {}, 1)).toHaveLength(1);
    expect(await countProblems(pool, portalId, { source: 'eol' })).toEqual([
      { source: 'eol', objectType: 'contacts', kind: 'defect', count: 1 },
      { source: 'eol', objectType: 'contacts', kind: 'invalidValue', count: 1 },
    ]);
    expect(await listProblems(pool, portalId, { objectType: 'deals' }, 10)).toEqual([]);
  });
});
