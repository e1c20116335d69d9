import { mappedProperties, numberProperties, timeProperties } from './goldenRules';
import type { Expected, ExpectedProblem, ExpectedRecord } from './oracle';
import { worldObjects, type WorldObject } from './world';

/** A record as the portal holds it. Archived ones count as gone. */
export interface PortalRecord {
  object: WorldObject;
  id: string;
  properties: Record<string, string | null>;
  archived?: boolean;
  /** How often it was written, its creation included, where the portal tells. */
  writes?: number;
}

/** An association in the direction contact→company, deal→contact or deal→company, with its type ids. */
export interface PortalAssociation {
  fromObject: WorldObject;
  fromId: string;
  toObject: WorldObject;
  toId: string;
  types: number[];
}

export interface PortalContent {
  records: Iterable<PortalRecord>;
  associations: Iterable<PortalAssociation>;
}

/** One way in which the portal is not what the oracle expects. */
export interface Difference {
  kind: 'missing' | 'unexpected' | 'duplicate' | 'value' | 'touched' | 'association' | 'problem';
  /** The case or record concerned, with its planted situation. */
  what: string;
  property?: string;
  expected?: string;
  actual?: string;
}

/** Set by HubSpot itself; never compared. */
const systemNames = [
  'createdate',
  'lastmodifieddate',
  'num_associated_contacts',
  'hs_additional_emails',
  'notes_last_updated',
];
const isSystem = (name: string): boolean =>
  systemNames.includes(name) ||
  (name.startsWith('hs_') && name !== 'hs_additional_domains') ||
  name === 'lifecyclestage_date';

/**
 * Every expected record once with every value, nothing else, nothing unmapped touched, every association.
 * Records that the sync created are found by what makes them unique in the demo world.
 */
export function compareWithPortal(expected: Expected, portal: PortalContent): Difference[] {
  const differences: Difference[] = [];
  const caseOfId = new Map<string, string>();
  const lookups = worldObjects.map((object) => [object, lookupOf(expected[object])] as const);
  const lookup = new Map(lookups);
  const seen = new Map<string, string>();
  for (const record of portal.records) {
    if (record.archived) continue;
    const wanted = lookup.get(record.object)?.find(record);
    const here = `${record.object} ${record.id}`;
    if (!wanted) {
      differences.push({ kind: 'unexpected', what: `${here} (${signature(record)})` });
      continue;
    }
    const name = nameOf(wanted);
    const before = seen.get(wanted.caseId);
    if (before !== undefined) differences.push({ kind: 'duplicate', what: `${name}: ${before} and ${here}` });
    else seen.set(wanted.caseId, here);
    caseOfId.set(here, wanted.caseId);
    if (before === undefined) differences.push(...compareRecord(wanted, record, name));
  }
  for (const object of worldObjects) {
    for (const wanted of expected[object]) {
      if (!seen.has(wanted.caseId)) differences.push({ kind: 'missing', what: nameOf(wanted) });
    }
  }
  differences.push(...compareAssociations(expected, portal.associations, caseOfId));
  return differences;
}

const nameOf = (record: ExpectedRecord): string => `${record.caseId} [${record.plot}]`;

function compareRecord(wanted: ExpectedRecord, record: PortalRecord, what: string): Difference[] {
  const mapped = mappedProperties[wanted.object];
  if (wanted.stranger && (record.writes ?? 1) > 1) {
    const actual = `${record.writes} writes`;
    return [{ kind: 'touched', what, expected: 'only its creation', actual }];
  }
  const names = new Set([...Object.keys(wanted.properties), ...Object.keys(record.properties), ...mapped]);
  const differences: Difference[] = [];
  for (const property of names) {
    if (property === 'tributary_id') {
      const has = (record.properties[property] ?? '') !== '';
      if (has !== (wanted.heldId === null))
        differences.push({ kind: 'touched', what, property, expected: has ? 'none' : 'one' });
      continue;
    }
    if (isSystem(property)) continue;
    const actual = canonical(property, record.properties[property] ?? '');
    const expected = canonical(property, wanted.properties[property] ?? '');
    if (actual === expected) continue;
    const kind = mapped.includes(property) && !wanted.stranger ? 'value' : 'touched';
    differences.push({ kind, what, property, expected, actual });
  }
  return differences;
}

/** Numbers by worth, times by instant, all else letter by letter. */
function canonical(property: string, value: string): string {
  if (value === '') return '';
  if (numberProperties.includes(property)) return String(Number(value));
  if (timeProperties.includes(property)) {
    const ms = /^\d+$/.test(value) ? Number(value) : Date.parse(value);
    return Number.isNaN(ms) ? value : new Date(ms).toISOString();
  }
  return value;
}

interface Lookup {
  find(record: PortalRecord): ExpectedRecord | undefined;
}

/** Held records are found by id; created ones by the keys below, which the world keeps unique. */
function lookupOf(records: ExpectedRecord[]): Lookup {
  const byId = new Map<string, ExpectedRecord>();
  const byKey = new Map<string, ExpectedRecord>();
  for (const record of records) {
    if (record.heldId !== null) byId.set(record.heldId, record);
    // A held record is also known by its keys, so that a second copy of it is called a duplicate.
    if (record.stranger) continue;
    for (const key of keysOf(record.object, record.properties)) if (!byKey.has(key)) byKey.set(key, record);
  }
  return {
    find: (record) =>
      byId.get(record.id) ??
      keysOf(record.object, record.properties)
        .map((key) => byKey.get(key))
        .find((found) => found !== undefined),
  };
}

const keyProperties: Record<WorldObject, string[][]> = {
  deals: [['source_order_id']],
  companies: [['registration_number'], ['domain', 'name'], ['name']],
  contacts: [
    ['email'],
    ['ielts_candidate_id'],
    ['phone', 'firstname', 'lastname'],
    ['firstname', 'lastname'],
  ],
};

/** What tells one record of the demo world from all others, strongest first. */
export function keysOf(object: WorldObject, properties: Record<string, string | null>): string[] {
  return keyProperties[object]
    .filter((names) => names.every((name) => (properties[name] ?? '') !== ''))
    .map((names) => names.map((name) => `${name}=${(properties[name] as string).toLowerCase()}`).join(' '));
}

const signature = (record: PortalRecord): string => keysOf(record.object, record.properties)[0] ?? 'no keys';

function compareAssociations(
  expected: Expected,
  actual: Iterable<PortalAssociation>,
  caseOfId: Map<string, string>,
): Difference[] {
  const wanted = new Map(
    expected.associations.map(({ from, to, types }) => [`${from} > ${to}`, types.join(',')]),
  );
  const differences: Difference[] = [];
  for (const { fromObject, fromId, toObject, toId, types } of actual) {
    const ends = [`${fromObject} ${fromId}`, `${toObject} ${toId}`].map((end) => caseOfId.get(end) ?? end);
    const what = ends.join(' > ');
    const found = [...new Set(types)].sort((a, b) => a - b).join(',');
    const expectedTypes = wanted.get(what);
    if (expectedTypes !== found)
      differences.push({ kind: 'association', what, expected: expectedTypes ?? 'none', actual: found });
    wanted.delete(what);
  }
  for (const [what, types] of wanted)
    differences.push({ kind: 'association', what, expected: types, actual: 'none' });
  return differences;
}

/** A problem as the product lists it. */
export interface ActualProblem {
  source: string | null;
  stream: string | null;
  key: string | null;
  field: string | null;
  kind: string;
}

/** Every planted fault once, and no other problem. */
export function compareProblems(
  expected: readonly ExpectedProblem[],
  actual: readonly ActualProblem[],
): Difference[] {
  const spellings = (problem: ExpectedProblem | ActualProblem, field: boolean): string =>
    `${problem.source}.${problem.stream} ${problem.key ?? '(no key)'} ${problem.kind}${field ? ` ${problem.field ?? 'record'}` : ''}`;
  const open = new Map<string, number>();
  const loose = new Set<string>();
  for (const problem of expected) {
    const key = spellings(problem, problem.field !== undefined);
    if (problem.field === undefined) loose.add(key);
    open.set(key, (open.get(key) ?? 0) + 1);
  }
  const differences: Difference[] = [];
  for (const problem of actual) {
    // A broken line may or may not have shown a key before it broke.
    const keyless = problem.kind === 'unreadable' ? { ...problem, key: null } : problem;
    const key = loose.has(spellings(keyless, false)) ? spellings(keyless, false) : spellings(keyless, true);
    const left = open.get(key) ?? 0;
    if (left === 0) differences.push({ kind: 'problem', what: key, expected: 'none', actual: 'one' });
    else open.set(key, left - 1);
  }
  for (const [what, count] of open) {
    if (count > 0) differences.push({ kind: 'problem', what, expected: `${count} more`, actual: 'none' });
  }
  return differences;
}

/** Differences as lines for a person, the first `max` of them and a count by kind. */
export function describeDifferences(differences: readonly Difference[], max = 20): string {
  if (differences.length === 0) return 'no differences';
  const counts = new Map<string, number>();
  for (const { kind } of differences) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const head = `${differences.length} differences: ${[...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')}`;
  const lines = differences.slice(0, max).map(({ kind, what, property, expected, actual }) => {
    const values = [
      expected !== undefined && `expected ${JSON.stringify(expected)}`,
      actual !== undefined && `found ${JSON.stringify(actual)}`,
    ];
    return `  ${kind}: ${what}${property ? ` ${property}` : ''} ${values.filter(Boolean).join(', ')}`.trimEnd();
  });
  return [head, ...lines].join('\n');
}
