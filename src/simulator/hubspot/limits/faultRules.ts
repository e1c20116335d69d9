import { Rejected, invalid } from '../rejection';
import { seededRandom } from '../seededRandom';

const faultKinds = [
  'status',
  'html',
  'slow',
  'slowAfterCommit',
  'resetBeforeCommit',
  'resetAfterCommit',
  'empty200BeforeCommit',
  'empty200AfterCommit',
  'truncatedAfterCommit',
  'partial207',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Which calls a fault meets. All given conditions must hold; `path` is a regular expression on the pathname. */
export interface FaultMatch {
  method?: string;
  path?: string;
  /** Fires at this matching call, counted from 1. */
  nthCall?: number;
  /** Fires at every so-many-th matching call. */
  every?: number;
  /** Fires at most so often. */
  times?: number;
  /** Fires with this probability, drawn from `seed`. */
  probability?: number;
  seed?: number;
}

/** A fault as ordered. `failEvery` (partial207): which inputs fail. */
export interface FaultOrder {
  match?: FaultMatch;
  do: FaultKind;
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  delayMs?: number;
  failEvery?: number;
}

/** A fault with its counts. */
export interface Fault extends FaultOrder {
  id: number;
  matched: number;
  hits: number;
}

export interface FaultBook {
  add(order: unknown): Fault;
  list(): Fault[];
  clear(id?: number): void;
  /** The fault that meets this call, if any; counts it. The first ordered wins. */
  draw(method: string, pathname: string): Fault | undefined;
}

/** An empty book of faults. */
export function createFaultBook(): FaultBook {
  let nextId = 1;
  let entries: { fault: Fault; path: RegExp | undefined; random: () => number }[] = [];
  return {
    add(order) {
      const checked = readOrder(order);
      const fault: Fault = { ...checked, id: nextId++, matched: 0, hits: 0 };
      const { path, seed } = checked.match ?? {};
      entries.push({
        fault,
        path: path === undefined ? undefined : new RegExp(path),
        random: seededRandom(seed ?? 1),
      });
      return fault;
    },
    list: () => entries.map(({ fault }) => fault),
    clear(id) {
      entries = id === undefined ? [] : entries.filter(({ fault }) => fault.id !== id);
    },
    draw(method, pathname) {
      let drawn: Fault | undefined;
      for (const { fault, path, random } of entries) {
        const match = fault.match ?? {};
        if (match.method !== undefined && match.method !== method) continue;
        if (path && !path.test(pathname)) continue;
        fault.matched++;
        if (drawn || !fires(fault, random)) continue;
        fault.hits++;
        drawn = fault;
      }
      return drawn;
    },
  };
}

function fires(fault: Fault, random: () => number): boolean {
  const { nthCall, every, times, probability } = fault.match ?? {};
  if (times !== undefined && fault.hits >= times) return false;
  if (nthCall !== undefined && fault.matched !== nthCall) return false;
  if (every !== undefined && fault.matched % every !== 0) return false;
  return probability === undefined || random() < probability;
}

function readOrder(value: unknown): FaultOrder {
  const order = value as Partial<FaultOrder> | null;
  if (typeof order !== 'object' || order === null || !faultKinds.some((kind) => kind === order.do)) {
    throw new Rejected(invalid(`A fault needs "do", one of ${faultKinds.join(', ')}`));
  }
  const known = ['method', 'path', 'nthCall', 'every', 'times', 'probability', 'seed'];
  const unknown = Object.keys(order.match ?? {}).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Rejected(invalid(`Unknown condition ${unknown} in a fault's match`));
  try {
    new RegExp(order.match?.path ?? '');
  } catch {
    throw new Rejected(invalid('The path of a fault is no regular expression'));
  }
  return order as FaultOrder;
}
