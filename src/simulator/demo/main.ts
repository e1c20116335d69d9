import { parseArgs } from 'node:util';
import { startDemoSystems, type DemoSystems } from './systems';

const usage = `usage: node dist/simulator/demo/main.js --database-url URL --state-dir FOLDER
  [--people 5000] [--seed 1] [--change SHARE] [--simulator-url URL] [--ielts-port N] [--eol-port N]`;

/** Runs the demo's source systems until SIGTERM or SIGINT; prints one JSON line when they are ready. */
async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2));
  const systems = await startDemoSystems(options);
  if (options.change !== null) {
    const at = new Date().toISOString();
    await systems.change({
      do: 'rows',
      fraction: options.change,
      seed: systems.world().changes.length + 1,
      at,
    });
  }
  const seeded = options.simulatorUrl !== null && (await systems.seedPortal(options.simulatorUrl));
  // Listened for before anyone can know that we are ready.
  const stopped = stopSignal();
  process.stdout.write(`${JSON.stringify(readyLine(systems, seeded))}\n`);
  await stopped;
  await systems.stop();
}

function readyLine(systems: DemoSystems, seeded: boolean): object {
  const { seed, people, changes } = systems.world();
  const { azureUrl, erpUrl, ieltsUrl, eolUrl, impactFolder, environment } = systems;
  return {
    ...{ event: 'demo_ready', seed, people, changes: changes.length, portalSeeded: seeded },
    ...{ azureUrl, erpUrl, ieltsUrl, eolUrl, impactFolder, environment },
  };
}

interface Options {
  databaseUrl: string;
  stateDir: string;
  seed: number;
  people: number;
  change: number | null;
  simulatorUrl: string | null;
  ieltsPort: number;
  eolPort: number;
}

function readArguments(args: string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      ...{ 'database-url': text, 'state-dir': text, people: text, seed: text },
      ...{ change: text, 'simulator-url': text, 'ielts-port': text, 'eol-port': text },
    },
  });
  const number = (name: keyof typeof values, standard: number): number => {
    const value = Number(values[name] ?? standard);
    if (!Number.isFinite(value) || value < 0)
      throw new Error(`--${name} must be a number of 0 or more\n${usage}`);
    return value;
  };
  const databaseUrl = values['database-url'];
  const stateDir = values['state-dir'];
  if (!databaseUrl || !stateDir) throw new Error(usage);
  return {
    ...{ databaseUrl, stateDir, seed: number('seed', 1), people: number('people', 5_000) },
    change: values.change === undefined ? null : number('change', 0),
    simulatorUrl: values['simulator-url'] ?? null,
    ...{ ieltsPort: number('ielts-port', 0), eolPort: number('eol-port', 0) },
  };
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
