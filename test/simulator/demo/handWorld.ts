import type { Judged } from '../../../src/simulator/demo/oracle';
import type { Case, Junk, Row, RowLink } from '../../../src/simulator/demo/world';

/** A row written by hand: the source and stream as `azure.customers`, its key, what it means. */
export function row(
  stream: string,
  key: string,
  means: Record<string, string>,
  more: Partial<Row> = {},
): Row {
  const [source, name] = stream.split('.') as [string, string];
  const object =
    name === 'companies' ? 'companies' : name === 'transactions' || name === 'orders' ? 'deals' : 'contacts';
  return {
    ...{ source, stream: name, object, key, raw: {}, means, changedAt: '2026-01-01T00:00:00.000Z' },
    ...{ changedLater: {}, links: [], faults: [], frozen: false, gone: false },
    ...more,
  };
}

export const employer = (key: string): RowLink => ({ stream: 'azure.companies', key, primary: true });
export const customer = (key: string): RowLink => ({ stream: 'azure.customers', key, primary: false });

/** A case written by hand; `held` is what the portal has. */
export function one(
  id: string,
  rows: Row[],
  held?: Record<string, string>,
  associations: NonNullable<Case['holding']>['associations'] = [],
): Case {
  const object = id.startsWith('company') ? 'companies' : id.startsWith('deal') ? 'deals' : 'contacts';
  const holding = held ? { id: `9${id.replace(/\D/g, '')}`, properties: held, associations } : null;
  return { object, id, plot: 'byHand', rows, holding };
}

/** A world of a few cases written by hand. */
export function handWorld(cases: Case[], junk: Junk[] = []): Judged {
  const of = (object: string): Case[] =>
    cases.filter((each) => each.object === object && each.rows.length > 0);
  return {
    companies: () => of('companies'),
    persons: () =>
      [...of('contacts').map((contact) => ({ contact, deals: [] as Case[] }))].map((person, index, all) =>
        index === all.length - 1 ? { ...person, deals: of('deals') } : person,
      ),
    strangers: () => cases.filter(({ rows }) => rows.length === 0),
    junk: () => junk,
  };
}
