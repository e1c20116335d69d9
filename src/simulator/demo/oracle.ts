import { mappedProperties, settledValue, sourceValue } from './goldenRules';
import {
  casesOf,
  worldObjects,
  type Case,
  type HandAssociation,
  type Junk,
  type Row,
  type World,
  type WorldObject,
} from './world';

/** One record that the portal must hold after the sync, once. */
export interface ExpectedRecord {
  object: WorldObject;
  /** The case of the world, for readable differences. */
  caseId: string;
  plot: string;
  /** The HubSpot id of a record that was there before; null: created by the sync. */
  heldId: string | null;
  /** True where no source knows the record: nothing of it may be written. */
  stranger: boolean;
  /** Mapped and hand-filled properties; '' or absence means no value. */
  properties: Record<string, string>;
}

/** Type ids are those in the direction contact→company, deal→contact, deal→company (facts §5). */
export interface ExpectedAssociation {
  from: string;
  to: string;
  types: number[];
}

export interface ExpectedProblem {
  source: string;
  stream: string;
  /** null: a line or item without a key. */
  key: string | null;
  /** Absent: any field will do. */
  field?: string | null;
  kind: string;
}

export interface Expected {
  companies: ExpectedRecord[];
  contacts: ExpectedRecord[];
  deals: ExpectedRecord[];
  associations: ExpectedAssociation[];
  problems: ExpectedProblem[];
}

export interface OracleOptions {
  /** When the first sync ran (ISO): only values changed after it beat a shared value of HubSpot. */
  firstSyncAt?: string;
  /** What becomes of rows deleted at the source, by `source.stream`; default `keep`. */
  whenGone?: Record<string, 'keep' | 'withdraw' | 'archive'>;
}

/** The worlds the oracle can judge: a generated one, or a few cases written by hand. */
export type Judged = Pick<World, 'companies' | 'persons' | 'strangers' | 'junk'>;

/**
 * What the portal must hold once every row of the world has settled. Computed from the cases, which know what
 * belongs together, and the documented rules; no row is ever matched with another here.
 */
export function expectedPortal(world: Judged, options: OracleOptions = {}): Expected {
  const expected: Expected = { companies: [], contacts: [], deals: [], associations: [], problems: [] };
  const caseByRow = new Map<string, string>();
  const caseByHeld = new Map<string, string>();
  const archived = new Set<string>();
  const pairs = new Map<string, ExpectedAssociation>();
  const byHand: { from: string; made: HandAssociation }[] = [];
  for (const one of casesOf(world)) {
    // Companies come first and contacts before their deals, so a link's target is known before the link.
    const rows = one.rows.filter((row) => !row.gone || goneRule(row, options) === 'keep');
    const withdrawn = one.rows.filter((row) => row.gone && goneRule(row, options) !== 'keep');
    if (one.holding) caseByHeld.set(`${one.object} ${one.holding.id}`, one.id);
    if (rows.length === 0 && withdrawn.some((row) => goneRule(row, options) === 'archive')) {
      archived.add(one.id);
      continue;
    }
    for (const row of rows) caseByRow.set(`${row.source}.${row.stream} ${row.key}`, one.id);
    expected[one.object].push(recordOf(one, rows, withdrawn, options));
    addAssociations(pairs, one, rows, caseByRow);
    for (const made of one.holding?.associations ?? []) byHand.push({ from: one.id, made });
    for (const row of one.rows) if (!row.gone) expected.problems.push(...problemsOf(row));
  }
  for (const { from, made } of byHand) {
    const to = caseByHeld.get(`${made.toObject} ${made.toId}`);
    if (to === undefined)
      throw new Error(`${from} is associated with ${made.toObject} ${made.toId}, which nobody holds`);
    addTypes(pairs, from, to, made.types);
  }
  expected.associations = [...pairs.values()].filter(
    ({ from, to }) => !archived.has(from) && !archived.has(to),
  );
  for (const junk of world.junk()) expected.problems.push(junkProblem(junk));
  return expected;
}

const goneRule = (row: Row, options: OracleOptions): string =>
  options.whenGone?.[`${row.source}.${row.stream}`] ?? 'keep';

function recordOf(one: Case, rows: Row[], withdrawn: Row[], options: OracleOptions): ExpectedRecord {
  const held = one.holding?.properties ?? {};
  const properties: Record<string, string> = { ...held };
  const since = options.firstSyncAt ?? '';
  for (const property of mappedProperties[one.object]) {
    const before = held[property] ?? '';
    const settled = (seen: Row[]): string => {
      const found = sourceValue(one.object, property, seen);
      return one.holding ? settledValue(one.object, property, before, found, since) : (found?.value ?? '');
    };
    // A value that only withdrawn rows gave is cleared where it was ours; the portal's own stays.
    const onlyWithdrawn =
      !rows.some((row) => row.means[property]) && withdrawn.some((row) => row.means[property]);
    const sticky = property === 'marketing_opt_out' || property === 'hubspot_owner_id';
    const wrote = onlyWithdrawn && !sticky && settled([...rows, ...withdrawn]) !== before;
    const value = wrote ? '' : settled(rows);
    if (value === '') delete properties[property];
    else properties[property] = value;
  }
  // HubSpot itself keeps the list of further addresses when the first one changes.
  if (one.rows.length > 0) delete properties.hs_additional_emails;
  const { object, id: caseId, plot } = one;
  return {
    object,
    caseId,
    plot,
    heldId: one.holding?.id ?? null,
    stranger: one.rows.length === 0,
    properties,
  };
}

const typesOf: Record<string, { plain: number[]; primary: number[] }> = {
  'contacts azure.companies': { plain: [279], primary: [1, 279] },
  'deals azure.customers': { plain: [3], primary: [3] },
  'deals azure.companies': { plain: [341], primary: [5, 341] },
};

function addAssociations(
  pairs: Map<string, ExpectedAssociation>,
  one: Case,
  rows: Row[],
  caseByRow: Map<string, string>,
): void {
  for (const link of rows.flatMap((row) => row.links)) {
    const to = caseByRow.get(`${link.stream} ${link.key}`);
    const types = typesOf[`${one.object} ${link.stream}`];
    if (!types) throw new Error(`no association from ${one.object} to ${link.stream}`);
    if (to !== undefined) addTypes(pairs, one.id, to, link.primary ? types.primary : types.plain);
  }
}

function addTypes(pairs: Map<string, ExpectedAssociation>, from: string, to: string, types: number[]): void {
  const pair = pairs.get(`${from}>${to}`) ?? { from, to, types: [] };
  pair.types = [...new Set([...pair.types, ...types])].sort((a, b) => a - b);
  pairs.set(`${from}>${to}`, pair);
}

function problemsOf(row: Row): ExpectedProblem[] {
  const { source, stream, key } = row;
  return row.faults.map(({ field, kind }) =>
    kind === 'waitingForParent' ? { source, stream, key, kind } : { source, stream, key, field, kind },
  );
}

const junkProblem = ({ source, stream }: Junk): ExpectedProblem => ({
  source,
  stream,
  key: null,
  kind: 'unreadable',
});

/** The records whose expected content differs between two states of a world, by case id. */
export function changedCases(
  before: Expected,
  after: Expected,
): { object: WorldObject; caseId: string; properties: string[] }[] {
  return worldObjects.flatMap((object) => {
    const old = new Map(before[object].map((record) => [record.caseId, record]));
    return after[object].flatMap(({ caseId, properties }) => {
      const previous = old.get(caseId)?.properties ?? {};
      const names = new Set([...Object.keys(previous), ...Object.keys(properties)]);
      const changed = [...names].filter((name) => (previous[name] ?? '') !== (properties[name] ?? ''));
      return changed.length > 0 ? [{ object, caseId, properties: changed.sort() }] : [];
    });
  });
}
