/** One source of a run: what to read, and which sources of the same run must have succeeded before. */
export interface SourcePlan {
  source: string;
  streams: string[];
  dependsOn: string[];
}

/**
 * The chosen sources with the dependencies that count in this run: `dependsOn` orders chosen sources only; one not
 * chosen is a matter of its age.
 */
export function orderSources(
  known: { name: string; streams: string[]; dependsOn: string[] }[],
  chosen: string[],
): { ok: true; plan: SourcePlan[] } | { ok: false; unknown: string[] } {
  const byName = new Map(known.map((source) => [source.name, source]));
  const names = new Set(chosen);
  const unknown = [...names].filter((name) => !byName.has(name));
  if (unknown.length > 0) return { ok: false, unknown };
  const plan = [...names].map((name) => {
    const { streams, dependsOn } = byName.get(name)!;
    return { source: name, streams, dependsOn: dependsOn.filter((other) => names.has(other)) };
  });
  return { ok: true, plan };
}
