import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { compareProblems, compareWithPortal, describeDifferences, type ActualProblem } from './compare';
import { worldFromState } from './demoState';
import { readEolEdits } from './eolEditsFile';
import { expectedPortal } from './oracle';
import { compareEol } from './oracleEol';
import { readSimulator } from './portalExport';

const usage = `usage: node dist/simulator/demo/judge.js --state-dir FOLDER --simulator-url URL
  [--database-url URL] [--first-sync-at ISO]
Compares what the simulator holds (and the stored problems) with what the oracle expects of the demo's world.
Ends 0 when they are equal, 1 with the differences when not.`;

/** The whole comparison as a process of its own, for the end of `npm start` and for people. */
async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { 'state-dir': text, 'simulator-url': text, 'database-url': text, 'first-sync-at': text },
  });
  const stateDir = values['state-dir'];
  const simulatorUrl = values['simulator-url'];
  if (!stateDir || !simulatorUrl) throw new Error(usage);
  const firstSyncAt = values['first-sync-at'];
  const world = await worldFromState(stateDir);
  const edits = await readEolEdits(stateDir);
  const options = firstSyncAt ? { firstSyncAt } : {};
  const expected = expectedPortal(world, options);
  const differences = compareWithPortal(expected, await readSimulator(simulatorUrl));
  differences.push(...compareEol(world, edits, options));
  const databaseUrl = values['database-url'];
  if (databaseUrl) differences.push(...compareProblems(expected.problems, await readProblems(databaseUrl)));
  const { companies, contacts, deals, associations, problems } = expected;
  const sizes = `${companies.length} companies, ${contacts.length} contacts, ${deals.length} deals, ${associations.length} associations${databaseUrl ? `, ${problems.length} problems` : ''}, ${Object.keys(edits).length} write-backs to eol`;
  if (differences.length === 0) process.stdout.write(`equal to the oracle: ${sizes}\n`);
  else {
    process.stdout.write(`not equal to the oracle (${sizes})\n${describeDifferences(differences)}\n`);
    process.exitCode = 1;
  }
}

/** The only thing that is read of the product: its list of open problems. */
async function readProblems(connectionString: string): Promise<ActualProblem[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<ActualProblem>(
      'select source, stream, record_key as key, field, kind from problems where closed_at is null',
    );
    return rows;
  } finally {
    await client.end();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});
