import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { askBroker } from './askBroker';

export interface TestTemporal {
  address: string;
  namespace: string;
  /** For workers. */
  nativeConnection: NativeConnection;
  client: Client;
  /** Closes both connections: call it in afterAll, after the workers have ended. */
  close(): Promise<void>;
}

/** Address of the run's one Temporal dev server (real, in memory, with prompt timers); starts it when it is not up. */
export function temporalAddress(): Promise<{ address: string; namespace: string }> {
  return askBroker('temporal');
}

/** Path of the official Temporal CLI, for tests that start things by hand with it or need a server of their own. */
export async function temporalProgram(): Promise<string> {
  return (await askBroker<{ path: string }>('temporalProgram')).path;
}

/** Connects to the run's Temporal server. All test files share it: use `uniqueName` for task queues and ids. */
export async function connectTemporal(): Promise<TestTemporal> {
  const { address, namespace } = await temporalAddress();
  const connection = await Connection.connect({ address });
  const nativeConnection = await NativeConnection.connect({ address });
  return {
    address,
    namespace,
    nativeConnection,
    client: new Client({ connection, namespace }),
    async close() {
      await connection.close();
      await nativeConnection.close();
    },
  };
}

/** `prefix` made unique, for task queues, workflow ids and portals of one test. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}
