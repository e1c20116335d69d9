export interface Family {
  type: string;
  help: string;
  /** Value by `name{labels}`, the labels in alphabetical order. */
  samples: Record<string, number>;
}

const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/g;

/**
 * Reads Prometheus' text format strictly, by its own description
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 * @throws for a line that is none, a family announced twice, its samples apart from it, or a sample given twice
 */
export function readMetrics(text: string): Record<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families: Record<string, Family> = {};
  let current = '';
  for (const line of text.split('\n')) {
    if (line === '' || /^# (?!HELP|TYPE)/.test(line)) continue;
    const about = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (about) {
      const [, what, name, rest] = about as unknown as [string, string, string, string];
      if (name !== current && families[name]) throw new Error(`${name} is announced twice`);
      current = name;
      const family = (families[name] ??= { type: '', help: '', samples: {} });
      const key = what === 'TYPE' ? 'type' : 'help';
      if (family[key] !== '') throw new Error(`${name} has two lines of ${what}`);
      family[key] = rest;
      continue;
    }
    const read = sample.exec(line);
    if (!read) throw new Error(`no line of the format: ${line}`);
    const [, name, labels = '', value] = read as unknown as [string, string, string | undefined, string];
    const base = name.replace(/_(?:bucket|sum|count)$/, '');
    if (name !== current && base !== current) throw new Error(`${name} stands below ${current}`);
    const id = `${name}{${readLabels(labels, line)}}`;
    const { samples } = families[current]!;
    if (id in samples) throw new Error(`${id} is there twice`);
    samples[id] = Number(value.replace('+Inf', 'Infinity'));
    // prom-client writes `Nan`; Prometheus reads it in any case.
    if (Number.isNaN(samples[id]) && !/^nan$/i.test(value)) throw new Error(`no number: ${line}`);
  }
  return families;
}

function readLabels(text: string, line: string): string {
  const found = [...text.matchAll(label)];
  if (found.map(([whole]) => whole).join('') !== text) throw new Error(`no labels of the format: ${line}`);
  return found
    .map(([, name, value]) => `${name}="${value}"`)
    .sort()
    .join(',');
}
