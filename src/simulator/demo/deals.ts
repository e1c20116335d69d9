import { isoOf, pad, pickTime } from './dirt';
import { microsOf } from './contactRows';
import { salesPipeline } from './owners';
import { blockSize } from './plots';
import { randomOf, type Random } from './random';
import type { Case, Row, RowLink } from './world';

const stageByStatus: Record<string, string> = {
  won: salesPipeline.stages[2].id,
  lost: salesPipeline.stages[3].id,
  open: salesPipeline.stages[0].id,
};
const stageByOrderState: Record<string, string> = {
  PAID: salesPipeline.stages[2].id,
  CANCELLED: salesPipeline.stages[3].id,
  OPEN: salesPipeline.stages[1].id,
};
export const transactionStatuses = Object.keys(stageByStatus);
export const orderStates = Object.keys(stageByOrderState);
export const stageOf = (status: string): string => stageByStatus[status] ?? stageByOrderState[status] ?? '';

/** The deals of one contact: transactions of the warehouse and orders of the ERP. Only customers have deals. */
export function dealCases(seed: number, contact: Case): Case[] {
  const customers = contact.rows.filter((row) => row.source === 'azure');
  if (customers.length === 0) return [];
  const index = Number(contact.id.slice('contact:'.length));
  const random = randomOf(seed, `deals ${index}`);
  const company = customers
    .flatMap((row) => row.links)
    .find((link) => link.stream === 'azure.companies')?.key;
  const known = company && !company.startsWith('K9') ? company : undefined;
  const unknown = contact.plot === 'unknownCustomer';
  // The planted deal is the first one: a transaction or an order, turn by turn.
  const transactions = unknown ? Math.floor(index / blockSize) % 2 : random.pick([0, 0, 1, 1, 2]);
  const orders = unknown ? 1 : random.pick([0, 0, 1, 1]);
  return Array.from({ length: transactions + orders }, (_, number) => {
    const customer = random.pick(customers).key;
    const row =
      number < transactions
        ? transaction(index, number, customer, known, random)
        : order(index, number, customer, known, random);
    const planted = number === 0 ? plant(contact.plot, row, index) : row;
    return {
      object: 'deals',
      id: `deal:${index}.${number}`,
      plot: contact.plot,
      rows: [planted],
      holding: null,
    };
  });
}

/** A deal whose customer nobody knows; an amount that is no number. */
function plant(plot: string, row: Row, index: number): Row {
  if (plot === 'unknownCustomer') {
    const key = `C9${900_000 + index}`;
    const links = row.links.map((link) => (link.stream === 'azure.customers' ? { ...link, key } : link));
    const raw = { ...row.raw, customer_id: key };
    return { ...row, raw, links, frozen: true, faults: [{ field: null, kind: 'waitingForParent' }] };
  }
  if (plot === 'sparse' && row.stream === 'transactions') {
    const { amount: _, ...means } = row.means;
    return {
      ...row,
      raw: { ...row.raw, amount: 'twelve' },
      means,
      frozen: true,
      faults: [{ field: 'amount', kind: 'invalidValue' }],
    };
  }
  return row;
}

function linksTo(customer: string, company: string | undefined): RowLink[] {
  const links: RowLink[] = [{ stream: 'azure.customers', key: customer, primary: false }];
  if (company) links.push({ stream: 'azure.companies', key: company, primary: true });
  return links;
}

/** Any amount, zero included; `spelled` with or without its last zero. */
function pickAmount(random: Random): { value: string; spelled: string } {
  const cents = random.chance(0.05) ? 0 : random.int(900_000);
  const spelled = (cents / 100).toFixed(2);
  return { value: String(Number(spelled)), spelled: random.chance(0.3) ? String(cents / 100) : spelled };
}

function transaction(
  index: number,
  number: number,
  customer: string,
  company: string | undefined,
  random: Random,
): Row {
  const key = `T${1_000_000 + index * 8 + number}`;
  const at = pickTime(random);
  const amount = pickAmount(random);
  const status = random.pick(transactionStatuses);
  const title = `Course ${random.int(40)} for ${index}`;
  return {
    ...{ source: 'azure', stream: 'transactions', object: 'deals', key },
    raw: {
      transaction_id: key,
      customer_id: customer,
      company_id: company ?? null,
      title: pad(title, random),
      amount: pad(amount.spelled, random),
      status,
      booked_at: isoOf(at),
    },
    means: {
      source_order_id: `azure-${key}`,
      dealname: title,
      amount: amount.value,
      closedate: isoOf(at),
      pipeline: salesPipeline.id,
      dealstage: stageOf(status),
    },
    changedAt: isoOf(at),
    changedLater: {},
    links: linksTo(customer, company),
    ...{ faults: [], frozen: false, gone: false },
  };
}

function order(
  index: number,
  number: number,
  customer: string,
  company: string | undefined,
  random: Random,
): Row {
  const key = String(7_000_000 + index * 8 + number);
  const at = pickTime(random);
  const amount = pickAmount(random);
  const state = random.pick(orderStates);
  const title = `Order ${key}: exam vouchers`;
  const ordered = wholeLondonHour(at, random);
  return {
    ...{ source: 'erp', stream: 'orders', object: 'deals', key },
    raw: {
      order_id: key,
      account_id: company ?? null,
      customer_id: customer,
      order_title: pad(title, random),
      total: amount.value,
      currency: random.pick(['GBP', 'EUR']),
      order_state: state,
      ordered_at: ordered.local,
      changed_at: microsOf(at),
    },
    means: {
      source_order_id: `erp-${key}`,
      dealname: title,
      amount: amount.value,
      closedate: ordered.utc,
      pipeline: salesPipeline.id,
      dealstage: stageOf(state),
    },
    changedAt: isoOf(at),
    changedLater: {},
    links: linksTo(customer, company),
    ...{ faults: [], frozen: false, gone: false },
  };
}

/** The ERP keeps London's wall clock: between the last Sundays of March and October it is an hour ahead of UTC. */
function wholeLondonHour(at: number, random: Random): { local: string; utc: string } {
  const day = new Date(at).toISOString().slice(0, 10);
  const local = `${day}T${String(6 + random.int(15)).padStart(2, '0')}:${random.pick(['00', '15', '59'])}:07`;
  const year = Number(day.slice(0, 4));
  const summer = day >= lastSunday(year, 2) && day < lastSunday(year, 9);
  return { local: local.replace('T', ' '), utc: isoOf(Date.parse(`${local}Z`) - (summer ? 3_600_000 : 0)) };
}

function lastSunday(year: number, month: number): string {
  const end = new Date(Date.UTC(year, month + 1, 0));
  return new Date(end.getTime() - end.getUTCDay() * 86_400_000).toISOString().slice(0, 10);
}
