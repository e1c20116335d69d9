import { mkdtempSync, chmodSync, rmSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forkRound } from './forkRound';
import { readOptions } from './options';
import { closingTable, roundLine, totalsOf } from './report';
import { isClean, type RoundReport } from './round';

/** The shipped programs: dist, in which this file is compiled to dist/.chaos/test/chaos. */
const dist = join(__dirname, '../../..');
/** With so many rounds every kind of fault must have been met often, or the plan is no good. */
const roundsForHits = 25;
const hitsLeast = 20;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const folder = mkdtempSync(join(tmpdir(), 'tributary-chaos-'));
  // Under root, Postgres runs as another user who must be able to enter.
  chmodSync(folder, 0o755);
  const { people, keep, rounds, parallel } = options;
  const reports: RoundReport[] = [];
  let next = options.seed;
  const playOn = async () => {
    while (next < options.seed + rounds) {
      const seed = next++;
      const report = await forkRound({ seed, people, keep, folder: join(folder, String(seed)), dist });
      reports.push(report);
      process.stderr.write(`${roundLine(report)}\n`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, playOn));
  const totals = totalsOf(reports);
  const rare = Object.entries(totals.hits).filter(([, hits]) => hits < hitsLeast);
  process.stdout.write(
    options.json ? `${JSON.stringify({ options, totals, reports })}\n` : `${closingTable(reports)}\n`,
  );
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
  else process.stderr.write(`data and logs: ${folder}\n`);
  const tooRare = options.rounds >= roundsForHits && rare.length > 0;
  if (tooRare)
    process.stderr.write(`hit less than ${hitsLeast} times: ${rare.map(([kind]) => kind).join(', ')}\n`);
  if (tooRare || !reports.every(isClean)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
