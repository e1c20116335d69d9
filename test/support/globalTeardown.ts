import './globalSetup';

/** Stops the run's servers. Fails the run when a test left a database behind. */
export default async function globalTeardown(): Promise<void> {
  const servers = globalThis.tributaryTestServers;
  if (!servers) return;
  await servers.broker.stop();
  servers.removeFolder();
  if (servers.leftBehind.length > 0) throw new Error(servers.leftBehind.join('\n'));
}
