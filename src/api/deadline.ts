import type { Pool, PoolClient } from 'pg';

/**
 * Runs one statement on a connection of the pool, or gives up after `ms`: waiting for a connection, for locks and for a
 * server that went silent included. A connection that did not answer in time is destroyed, not used again.
 * @throws what the statement throws, or an error of its own at the deadline: then it may or may not have been done
 */
export async function within<Result>(
  pool: Pool,
  ms: number,
  statement: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the database did not answer within ${ms} ms`)), ms);
  });
  const connecting = pool.connect();
  try {
    const client = await Promise.race([connecting, late]).catch((error: unknown) => {
      // One that comes after the deadline goes back unused.
      void connecting.then(
        (unused) => unused.release(),
        () => undefined,
      );
      throw error;
    });
    return await using(client, Promise.race([statement(client), late]));
  } finally {
    clearTimeout(timer);
  }
}

async function using<Result>(client: PoolClient, working: Promise<Result>): Promise<Result> {
  // A server that ends the session must not end the process; the statement's own error tells.
  const onError = (): void => undefined;
  client.on('error', onError);
  let failed = true;
  try {
    const result = await working;
    failed = false;
    return result;
  } finally {
    client.off('error', onError);
    client.release(failed);
  }
}
