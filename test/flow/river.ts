import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulatorOptions } from '../../src/simulator/hubspot/server';
import { startDemoSystems, type DemoSystems } from '../../src/simulator/demo/systems';
import { compareProblems, compareWithPortal, describeDifferences } from '../../src/simulator/demo/compare';
import { expectedPortal, type OracleOptions } from '../../src/simulator/demo/oracle';
import { compareEol } from '../../src/simulator/demo/oracleEol';
import { readSimulator } from '../../src/simulator/demo/portalExport';
import { emptyDatabase } from '../support/postgres';
import { startBareRiver, type BareRiver } from './bareRiver';

/** A whole river on real components: Postgres, Temporal, workers as processes, the simulator and the demo's systems. */
export interface River extends BareRiver {
  demo: DemoSystems;
  /** Differences of the simulator's content and the stored problems from the oracle; '' when there are none. */
  differences(options?: OracleOptions): Promise<string>;
}

export interface RiverOptions {
  people: number;
  seed?: number;
  config?: string;
  simulator?: Partial<SimulatorOptions>;
  /** Folder of the compiled output that the workers run from; the project's by default. */
  dist?: string;
  /** Of every worker. */
  environment?: Record<string, string>;
}

const demoConfig = join(__dirname, '../../tributary.config.yaml');

export async function startRiver({
  people,
  seed = 7,
  config = demoConfig,
  simulator,
  dist,
  environment,
}: RiverOptions): Promise<River> {
  const stateDir = await mkdtemp(join(tmpdir(), 'tributary-demo-'));
  const sources = await emptyDatabase();
  const demo = await startDemoSystems({ databaseUrl: sources.url, stateDir, seed, people });
  const bare = await startBareRiver({
    config,
    environment: { ...demo.environment, ...environment },
    simulator,
    dist,
  });
  await demo.seedPortal(bare.simulatorUrl);
  const stopBare = bare.stop;
  // Not a copy: the bare river's database and namespace can be replaced.
  return Object.assign(bare, {
    demo,
    async differences(options: OracleOptions = {}) {
      const expected = expectedPortal(demo.world(), options);
      const found = compareWithPortal(expected, await readSimulator(bare.simulatorUrl));
      const { rows } = await bare.pool.query(
        `select source, stream, record_key as key, field, kind from problems where closed_at is null`,
      );
      const inEol = compareEol(demo.world(), demo.eolEdits(), options);
      const all = [...found, ...inEol, ...compareProblems(expected.problems, rows as never)];
      return all.length === 0 ? '' : describeDifferences(all, 40);
    },
    async stop() {
      await stopBare();
      await demo.stop();
      await sources.drop();
      await rm(stateDir, { recursive: true, force: true });
    },
  });
}
