/** A server of ours that can be killed and comes back at once on the same data and port. */
export interface KeptServer {
  /** Kills it and waits until it answers again. One kill at a time. */
  killAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

export interface Startable {
  pid: number;
  stop(): Promise<void>;
}

/** A killed Postgres' children hold its memory for a moment; until then it cannot start again. */
const startsMax = 40;
const againMs = 250;

/** Keeps a server alive over kills. `start` must use the same data and port every time. */
export async function keepServer<Server extends Startable>(
  start: () => Promise<Server>,
): Promise<KeptServer & { first: Server }> {
  const first = await start();
  let running: Server = first;
  let busy: Promise<void> = Promise.resolve();
  async function restart(): Promise<void> {
    process.kill(running.pid, 'SIGKILL');
    await running.stop();
    for (let attempt = 1; ; attempt += 1) {
      try {
        running = await start();
        return;
      } catch (error) {
        if (attempt === startsMax) throw error;
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    }
  }
  return {
    first,
    killAndRestart() {
      busy = busy.then(restart);
      return busy;
    },
    async stop() {
      await busy.catch(() => undefined);
      await running.stop();
    },
  };
}
