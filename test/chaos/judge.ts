import type { Pool } from 'pg';
import { compareProblems, compareWithPortal, type Difference } from '../../src/simulator/demo/compare';
import { numberProperties, timeProperties } from '../../src/simulator/demo/goldenRules';
import type { Expected } from '../../src/simulator/demo/oracle';
import { compareEol } from '../../src/simulator/demo/oracleEol';
import { readExport } from '../../src/simulator/demo/portalExport';
import type { DemoSystems } from '../../src/simulator/demo/systems';
import type { WorldObject } from '../../src/simulator/demo/world';
import { poisonNames, tellingValueOf, withoutPoison, type Poison } from './poison';
import { readReport } from '../support/simulatorControl';

/** What a round left that must not be; each as lines for a person. */
export interface Verdict {
  lost: string[];
  doubled: string[];
  unproved: string[];
  windowViolations: number;
}

export interface Judged {
  pool: Pool;
  simulatorUrl: string;
  demo: Pick<DemoSystems, 'world' | 'eolEdits' | 'eolWrites'>;
  /** When the first sync was, for the oracle. */
  firstSyncAt: string;
  /** Whether HubSpot makes the first company the primary one. */
  makesPrimary: boolean;
}

/** Compares HubSpot, English Online, problems and ledger with the oracle. */
export async function judge(
  { pool, simulatorUrl, demo, firstSyncAt, makesPrimary }: Judged,
  expected: Expected,
  poison: Poison,
): Promise<Verdict> {
  const reply = await fetch(`${simulatorUrl}/_simulator/export`);
  const lines = (await reply.text()).split('\n').filter((line) => line !== '');
  const differences = compareWithPortal(withoutPoison(expected, poison), readExport(lines)).filter(
    (difference) => !(makesPrimary && isHubSpotsPrimary(difference)),
  );
  const isDouble = ({ kind }: Difference) => kind === 'duplicate' || kind === 'unexpected';
  const { limits } = await readReport(simulatorUrl);
  return {
    lost: [
      ...differences.filter((one) => !isDouble(one)).map(lineOf),
      ...compareEol(demo.world(), demo.eolEdits(), { firstSyncAt }).map(lineOf),
      ...(await judgeProblems(pool, expected, poison)),
    ],
    doubled: differences.filter(isDouble).map(lineOf),
    unproved: [...(await judgeLedger(pool, lines)), ...(await judgeWriteBacks(pool, demo.eolWrites()))],
    windowViolations: Object.values(limits.buckets).reduce((sum, { violations }) => sum + violations, 0),
  };
}

/** With one of the uncertainty switches HubSpot makes the first company of a contact or deal its primary by itself. */
export function isHubSpotsPrimary({ kind, expected = '', actual = '' }: Difference): boolean {
  if (kind !== 'association' || expected === 'none' || actual === 'none') return false;
  const [wanted, found] = [expected.split(','), actual.split(',')];
  return (
    wanted.every((type) => found.includes(type)) &&
    found.every((type) => wanted.includes(type) || type === '1' || type === '5')
  );
}

function lineOf({ kind, what, property, expected, actual }: Difference): string {
  return `${kind}: ${what} ${property ?? ''} expected ${JSON.stringify(expected)}, found ${JSON.stringify(actual)}`;
}

/** Problems are exactly the world's faults and the planted poison. */
async function judgeProblems(pool: Pool, expected: Expected, poison: Poison): Promise<string[]> {
  const { rows } = await pool.query<{
    source: string;
    stream: string;
    key: string | null;
    field: string | null;
    kind: string;
    stage: string;
    reason: string;
    objectType: WorldObject;
    values: Record<string, string> | null;
  }>(
    `select p.source, p.stream, p.record_key as key, p.field, p.kind, p.stage, p.reason, p.object_type as "objectType",
       g.values
     from problems p left join golden_records g on g.portal_id = p.portal_id and g.object_type = p.object_type
       and g.golden_id = p.golden_id
     where p.closed_at is null`,
  );
  const refused = rows.filter(({ stage, kind }) => stage === 'deliver' && kind === 'rejected');
  const others = rows.filter((row) => !refused.includes(row));
  const found = refused
    .map((row) => `${row.objectType} ${tellingValueOf(row.objectType, row.values ?? {})}`)
    .sort();
  const planted = poisonNames(poison);
  const reasonOf = (name: string) => refused[found.indexOf(name)]?.reason ?? '';
  return [
    ...compareProblems(expected.problems, others).map((one) => {
      const told = others.find(({ key, kind }) => one.what.includes(`${key} ${kind}`));
      return `${lineOf(one)} ${told?.reason ?? ''}`;
    }),
    ...planted.filter((name) => !found.includes(name)).map((name) => `poison without a problem: ${name}`),
    ...found
      .filter((name, at) => !planted.includes(name) || found.indexOf(name) !== at)
      .map((name) => `refused but not planted: ${name}: ${reasonOf(name)}`),
  ];
}

interface Exported {
  kind: string;
  objectType: string;
  id: string;
  archived: boolean;
  writes: number;
  properties: Record<string, string>;
}

/** Every record that was written has a ledger row, and what HubSpot acknowledged last it holds now. */
async function judgeLedger(pool: Pool, lines: string[]): Promise<string[]> {
  const { rows } = await pool.query<{
    objectType: string;
    id: string;
    acknowledged: Record<string, string | null>;
  }>(
    `select object_type as "objectType", record_id as id, acknowledged from deliveries
     where target = 'hubspot' order by delivery_id`,
  );
  const proved = new Map<string, Record<string, string | null>>();
  for (const { objectType, id, acknowledged } of rows) {
    const key = `${objectType} ${id}`;
    proved.set(key, { ...proved.get(key), ...acknowledged });
  }
  const wrong: string[] = [];
  for (const line of lines) {
    const record = JSON.parse(line) as Exported;
    if (record.kind !== 'record' || record.archived) continue;
    const key = `${record.objectType} ${record.id}`;
    const last = proved.get(key);
    proved.delete(key);
    const isOurs = (record.properties['tributary_id'] ?? '') !== '';
    if (!last && (isOurs || record.writes > 1)) wrong.push(`${key} was written and the ledger does not know`);
    for (const [property, value] of Object.entries(last ?? {})) {
      const held = record.properties[property] ?? '';
      if (!isSame(property, held, value ?? ''))
        wrong.push(`${key} ${property}: proved ${value}, HubSpot holds ${held}`);
    }
  }
  return [...wrong, ...[...proved.keys()].map((key) => `${key} is in the ledger and not in HubSpot`)];
}

/** English Online was written exactly as often as the ledger says, each of its subscribers. */
async function judgeWriteBacks(pool: Pool, writes: ReadonlyMap<string, number>): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; count: number }>(
    `select record_id as id, count(*)::int as count from deliveries where target = 'eol' group by 1`,
  );
  const proved = new Map(rows.map(({ id, count }) => [id, count]));
  return [...new Set([...writes.keys(), ...proved.keys()])]
    .filter((id) => writes.get(id) !== proved.get(id))
    .map(
      (id) =>
        `eol subscriber ${id}: ${proved.get(id) ?? 0} in the ledger, written ${writes.get(id) ?? 0} times`,
    );
}

function isSame(property: string, one: string, other: string): boolean {
  if (one === other) return true;
  if (one === '' || other === '') return false;
  if (numberProperties.includes(property)) return Number(one) === Number(other);
  if (timeProperties.includes(property)) return instant(one) === instant(other);
  return false;
}

const instant = (value: string): number => (/^\d+$/.test(value) ? Number(value) : Date.parse(value));
