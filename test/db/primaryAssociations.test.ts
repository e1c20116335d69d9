import { selectAssociationCandidates } from '../../src/db/delivery/associationClaims';
import { refreshAssociations } from '../../src/db/golden/goldenAssociations';
import { inTransaction } from '../../src/db/pool';
import { testDatabase } from '../support/testDatabase';

const { pool } = testDatabase({ per: 'test' });

const golden = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const people = { ann: golden(1), bob: golden(2) };
const firms = { acme: golden(11), bolt: golden(12) };
const nameOf = new Map(Object.entries({ ...people, ...firms }).map(([name, id]) => [id, name]));

/** Ann and Bob of source `crm`, two firms of source `bookings`; all are in HubSpot. */
beforeEach(async () => {
  const rows = [
    ...Object.entries(people).map(([key, id]) => ['crm', 'people', key, 'contacts', id]),
    ...Object.entries(firms).map(([key, id]) => ['bookings', 'firms', key, 'companies', id]),
    ['crm', 'accounts', 'bolt', 'companies', firms.bolt],
  ];
  for (const row of rows) {
    await pool.query(
      `insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, golden_id,
         config_number) values (100, $1, $2, $3, $4, '{}', '{}', $5, 1)`,
      row,
    );
  }
  await pool.query(
    `insert into golden_records (portal_id, object_type, golden_id, values, origins, lead_source)
     select distinct on (golden_id) 100, object_type, golden_id, '{}'::jsonb, '{}'::jsonb, source from mapped_records;
     insert into known_states (portal_id, object_type, record_id, golden_id, kept)
     select 100, object_type, golden_id::text, golden_id, '{}' from golden_records`,
  );
});

/** What one record refers to from now on, as a slice of consolidation takes it over. */
async function refer(
  [source, stream, key]: [source: string, stream: 'people' | 'firms' | 'accounts', key: string],
  ...to: string[]
) {
  const [from, at] =
    stream === 'people' ? (['contacts', 'companies'] as const) : (['companies', 'contacts'] as const);
  const goldenId = { ...people, ...firms }[key]!;
  return inTransaction(pool, async (tx) => {
    await tx.query('delete from record_references where source = $1 and stream = $2 and record_key = $3', [
      ...[source, stream, key],
    ]);
    await tx.query(
      `insert into record_references (portal_id, source, stream, record_key, object_type, to_object, to_source,
         to_stream, to_key, labels)
       select 100, $1, $2, $3, $4, $5, m.source, m.stream, m.record_key, '{Primary}'
       from mapped_records m where m.object_type = $5 and m.stream <> 'accounts' and m.record_key = any ($6)`,
      [source, stream, key, from, at, to],
    );
    const turns = await refreshAssociations(tx, '100', from, [goldenId], [], null, 'companies');
    const told = turns.map(
      ({ fromGolden, toGolden, isElsewhere }) =>
        `${nameOf.get(fromGolden)} > ${nameOf.get(toGolden)} ${isElsewhere ? 'elsewhere' : 'served'}`,
    );
    return told.sort();
  });
}

/** What is due, with the labels that are wished for it in HubSpot; nothing is due afterwards. */
async function due(): Promise<string[]> {
  const pairs = [
    ['contacts', 'companies'],
    ['companies', 'contacts'],
  ] as const;
  const found = await Promise.all(
    pairs.map(([from, to]) => selectAssociationCandidates(pool, '100', from, to, 10)),
  );
  await pool.query('update golden_associations set due = false');
  return found
    .flat()
    .map(({ fromGolden, toGolden, labels }) =>
      [nameOf.get(fromGolden), '>', nameOf.get(toGolden), ...labels].join(' '),
    )
    .sort();
}

test('a company may be the primary one of many', async () => {
  expect(await refer(['bookings', 'firms', 'acme'], 'ann', 'bob')).toEqual([]);
  expect(await due()).toEqual(['acme > ann Primary', 'acme > bob Primary']);
});

test('of two companies that both wish to be the primary one, one is, whichever came first, and the other is told', async () => {
  await refer(['bookings', 'firms', 'bolt'], 'ann', 'bob');
  expect(await due()).toEqual(['bolt > ann Primary', 'bolt > bob Primary']);
  expect(await refer(['bookings', 'firms', 'acme'], 'ann')).toEqual(['bolt > ann elsewhere']);
  expect(await due()).toEqual(['acme > ann Primary', 'bolt > ann']);
  expect(await refer(['bookings', 'firms', 'acme'], 'ann')).toEqual([]);
  expect(await refer(['bookings', 'firms', 'bolt'], 'ann', 'bob')).toEqual([]);
  expect(await due()).toEqual([]);
});

test('the one that was told is served when the other wishes no more', async () => {
  await refer(['bookings', 'firms', 'acme'], 'ann');
  expect(await refer(['bookings', 'firms', 'bolt'], 'ann')).toEqual(['bolt > ann elsewhere']);
  await due();
  expect(await refer(['bookings', 'firms', 'acme'], 'bob')).toEqual(['bolt > ann served']);
  expect(await due()).toEqual(['acme > ann Primary', 'acme > bob Primary', 'bolt > ann Primary']);
});

test("the wish of the person's strongest source counts, from whichever side", async () => {
  await refer(['bookings', 'firms', 'acme'], 'ann');
  expect(await refer(['crm', 'accounts', 'bolt'], 'ann')).toEqual(['acme > ann elsewhere']);
  await due();
  await refer(['crm', 'accounts', 'bolt']);
  expect(await due()).toEqual(['acme > ann Primary', 'bolt > ann Primary']);
  expect(await refer(['crm', 'people', 'ann'], 'bolt')).toEqual(['acme > ann elsewhere']);
  expect(await due()).toEqual(['acme > ann', 'ann > bolt Primary']);
  // Both sides wish the same: nobody is in the way.
  expect(await refer(['bookings', 'firms', 'bolt'], 'ann')).toEqual([]);
  await due();
  expect(await refer(['crm', 'people', 'ann'])).toEqual(['acme > ann served', 'bolt > ann elsewhere']);
});
