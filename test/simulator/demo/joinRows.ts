import { similarityOf } from '../../../src/simulator/demo/similarity';
import type { Case } from '../../../src/simulator/demo/world';
import { readRow } from './readRow';

/** A row or a held record as the identity rules see it, and the case it truly belongs to. */
interface Node {
  caseId: string;
  stream: string;
  name: string;
  strong: string[];
  phones: string[];
}

export interface JoinResult {
  /** Cases whose rows the rules do not bring together, and sets of cases that they wrongly do. */
  torn: string[];
  mixed: string[][];
  /** Pairs that share a phone and are neither clearly one person nor clearly two. */
  doubtful: string[];
  nodes: number;
}

const mostSharers = 3;
const freeMail = ['gmail.com'];
const listed = /^(info|noreply|office)@/;

/**
 * Joins the dirty rows by the documented rules alone (equal folded e-mail; equal phone and a similar name;
 * equal registration number or domain), the way a product would, and compares with what the generator knows.
 */
export function joinRows(cases: Iterable<Case>, object: 'contacts' | 'companies'): JoinResult {
  const nodes: Node[] = [];
  for (const one of cases) {
    if (one.object !== object) continue;
    for (const row of one.rows) nodes.push(nodeOf(one.id, `${row.source}.${row.stream}`, readRow(row)));
    if (one.holding) nodes.push(nodeOf(one.id, 'portal', one.holding.properties));
  }
  const parents = nodes.map((_, index) => index);
  const rootOf = (index: number): number => {
    let at = index;
    while (parents[at] !== at) at = parents[at] = parents[parents[at] as number] as number;
    return at;
  };
  const doubtful: string[] = [];
  for (const [, members] of evidence(nodes, ({ strong }) => strong)) {
    for (const member of members) parents[rootOf(member)] = rootOf(members[0] as number);
  }
  for (const [phone, members] of evidence(nodes, ({ phones }) => phones)) {
    members.forEach((left, at) => {
      for (const right of members.slice(at + 1)) {
        const [a, b] = [nodes[left] as Node, nodes[right] as Node];
        const exact = similarityOf(a.name, b.name);
        const folded = similarityOf(fold(a.name), fold(b.name));
        if (exact > 0.9 || folded > 0.9) parents[rootOf(left)] = rootOf(right);
        const clear = a.caseId === b.caseId ? exact > 0.92 || sharesKey(a, b) : Math.max(exact, folded) < 0.8;
        if (!clear) doubtful.push(`${phone}: ${a.name} / ${b.name}`);
      }
    });
  }
  const casesOfRoot = new Map<number, Set<string>>();
  const rootsOfCase = new Map<string, Set<number>>();
  nodes.forEach(({ caseId }, index) => {
    const root = rootOf(index);
    casesOfRoot.set(root, (casesOfRoot.get(root) ?? new Set()).add(caseId));
    rootsOfCase.set(caseId, (rootsOfCase.get(caseId) ?? new Set()).add(root));
  });
  return {
    torn: [...rootsOfCase].filter(([, roots]) => roots.size > 1).map(([caseId]) => caseId),
    mixed: [...casesOfRoot.values()].filter((cases) => cases.size > 1).map((cases) => [...cases]),
    doubtful,
    nodes: nodes.length,
  };
}

function nodeOf(caseId: string, stream: string, values: Record<string, string>): Node {
  const emails = [values.email, ...(values.hs_additional_emails ?? '').split(';')];
  const domains = [values.domain, ...(values.hs_additional_domains ?? '').split(';')];
  const strong = [
    ...emails.map((email) => email && !listed.test(email) && `email ${email.toLowerCase()}`),
    values.registration_number && `registration ${values.registration_number.toLowerCase()}`,
    ...domains.map((domain) => domain && !freeMail.includes(domain) && `domain ${domain}`),
  ];
  const isPerson = values.firstname !== undefined;
  return {
    ...{ caseId, stream, name: `${(values.firstname ?? '').trim()} ${(values.lastname ?? '').trim()}` },
    strong: strong.filter((key): key is string => typeof key === 'string' && key !== ''),
    phones: isPerson ? [values.phone, values.mobilephone].filter((phone) => phone !== undefined) : [],
  };
}

/** Keys and their holders; a key that more than three records of one stream hold says nothing. */
function evidence(nodes: Node[], keysOf: (node: Node) => string[]): [string, number[]][] {
  const holders = new Map<string, number[]>();
  nodes.forEach((node, index) => {
    for (const key of keysOf(node)) holders.set(key, [...(holders.get(key) ?? []), index]);
  });
  return [...holders].filter(([, members]) => {
    const perStream = new Map<string, number>();
    for (const member of members) {
      const { stream } = nodes[member] as Node;
      perStream.set(stream, (perStream.get(stream) ?? 0) + 1);
    }
    return members.length > 1 && Math.max(...perStream.values()) <= mostSharers;
  });
}

const sharesKey = (a: Node, b: Node): boolean => a.strong.some((key) => b.strong.includes(key));

const fold = (name: string): string => name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
