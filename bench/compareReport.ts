import { loads, type ComparedFigures, type Effort } from './compare';

const ways = ['river', 'bare', 'recipe'] as const;
const titles = { river: 'the river', bare: 'bare loop', recipe: 'search, then write' };
const width = 26;

/** One table: what each way needs for each load, and how many times as much as the river. */
export function comparedLines(figures: ComparedFigures): string[] {
  const lines = [
    `limits ${figures.limits}`.padEnd(36) + ways.map((way) => titles[way].padStart(width)).join(''),
  ];
  for (const load of loads) {
    const efforts = ways.map((way) => figures[way][load]);
    lines.push(`${load} (${efforts.map(({ records }) => records).join(', ')} records)`);
    lines.push(row('calls per 1,000 records', efforts, ({ calls, records }) => (calls / records) * 1_000));
    lines.push(row('records/s', efforts, ({ records, seconds }) => records / seconds));
    lines.push(row('refused with 429', efforts, ({ refused }) => refused, false));
    const { actions, records } = figures.river[load];
    if (actions === undefined) continue;
    const perThousand = ((actions / records) * 1_000).toFixed(1).padStart(width);
    lines.push('  Temporal actions per 1,000 records'.padEnd(36) + perThousand);
  }
  return lines;
}

function row(name: string, efforts: Effort[], value: (effort: Effort) => number, isCompared = true): string {
  const [river, ...others] = efforts.map(value);
  const cells = others.map((other) => {
    const ratio = isCompared && river! > 0 ? ` (${short(other / river!)} ×)` : '';
    return `${short(other)}${ratio}`;
  });
  return `  ${name}`.padEnd(36) + [short(river!), ...cells].map((cell) => cell.padStart(width)).join('');
}

function short(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)));
}
