import { finding, type ConfigCheck, type Finding } from '../finding';
import type { RawNode } from '../rawNode';

/** Sources that wait for each other would wait for ever; each cycle is named once, where it is closed. */
export const checkCycles: ConfigCheck = (root) => {
  const sources = new Map(
    root
      .get('sources')
      .entries()
      .map(({ key, node }) => [key, node]),
  );
  const done = new Set<string>();
  const findings: Finding[] = [];

  function visit(name: string, node: RawNode, way: string[]): void {
    for (const needed of node.get('dependsOn').items()) {
      const next = needed.text() ?? '';
      const start = [...way, name].indexOf(next);
      if (start >= 0) {
        const cycle = [...[...way, name].slice(start), next].join(' → ');
        findings.push(
          finding(
            needed,
            'value',
            `dependsOn goes in a circle: ${cycle}`,
            'remove one of these dependencies',
          ),
        );
        continue;
      }
      const target = sources.get(next);
      if (target && !done.has(next)) visit(next, target, [...way, name]);
    }
    done.add(name);
  }

  for (const [name, node] of sources) if (!done.has(name)) visit(name, node, []);
  return findings;
};
