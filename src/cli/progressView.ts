import { MultiBar, type SingleBar } from 'cli-progress';
import type { Output } from './output';
import { countText, progressLine, progressStages, sourcesText, type RunProgress } from './runProgress';

/** Shows how a run goes on; `end` leaves the last state standing. */
export interface ProgressView {
  show(progress: RunProgress): void;
  end(): void;
}

/** Lines come this much apart where nobody watches a terminal. */
const lineEveryMs = 5_000;

/** Bars on a terminal, plain lines every few seconds otherwise. */
export function progressView(output: Output, now: () => number = Date.now): ProgressView {
  return output.isTerminal ? barsView(output) : linesView(output, now);
}

function linesView(output: Output, now: () => number): ProgressView {
  let shownAt = -Infinity;
  let shown = '';
  let last = '';
  const print = (line: string): void => {
    if (line === shown) return;
    output.say(`  ${line}`);
    shown = line;
  };
  return {
    show(progress) {
      last = progressLine(progress);
      if (now() - shownAt < lineEveryMs) return;
      shownAt = now();
      print(last);
    },
    end: () => void (last && print(last)),
  };
}

function barsView(output: Output): ProgressView {
  const bars = new MultiBar({
    stream: output.stream,
    format: '  {stage} {bar} {counts}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: false,
    stopOnComplete: false,
    fps: 5,
    emptyOnZero: true,
    // Ctrl-C is ours: the run goes on, and bars must not swallow the signal.
    gracefulExit: false,
  });
  const byStage = new Map<string, SingleBar>(
    progressStages.map((stage) => [stage, bars.create(1, 0, { stage: stage.padEnd(12), counts: '0' })]),
  );
  return {
    show({ sources, stages }) {
      for (const { stage, done, total, isWhole, atLeast } of stages) {
        const bar = byStage.get(stage)!;
        const isReading = stage === 'read';
        const ended = sources.filter(({ state }) => state !== 'pending' && state !== 'running').length;
        const counts = isReading
          ? `${countText(done)} records, ${sourcesText(sources)}`
          : `${countText(done)} of ${countText(total, atLeast)}${isWhole ? '' : ' so far'}`;
        const [value, whole] = isReading ? [ended, sources.length] : [done, total];
        bar.setTotal(Math.max(1, whole));
        bar.update(isWhole && whole === 0 ? 1 : value, { counts });
      }
    },
    end: () => bars.stop(),
  };
}
