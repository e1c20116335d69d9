import { pino } from 'pino';
import { rareLog } from '../../src/api/webhooks/rareLog';

test('however many try: one line at once, the others of a minute as their sums, and none where there were none', () => {
  jest.useFakeTimers();
  try {
    const lines: object[] = [];
    const log = pino(
      { base: null, timestamp: false },
      { write: (line) => void lines.push(JSON.parse(line) as object) },
    );
    const refused = rareLog(log, 'refused', 'one', 'more');
    const first = { level: 40, event: 'refused', msg: 'one' };
    refused('stale');
    expect(lines.splice(0)).toEqual([{ ...first, reason: 'stale' }]);
    for (const reason of ['stale', 'unsigned', 'stale']) refused(reason);
    jest.advanceTimersByTime(59_999);
    expect(lines).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(lines.splice(0)).toEqual([
      { level: 40, event: 'refused', stale: 2, unsigned: 1, windowMs: 60_000, msg: 'more' },
    ]);
    refused('unsigned');
    expect(lines.splice(0)).toEqual([{ ...first, reason: 'unsigned' }]);
    jest.advanceTimersByTime(60_000);
    refused('unsigned');
    expect(lines).toEqual([{ ...first, reason: 'unsigned' }]);
  } finally {
    jest.useRealTimers();
  }
});
