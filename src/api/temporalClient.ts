import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';

/**
 * Attempts of one call: a blip of the connection is bridged (half a second), an outage is told at once. The package's
 * own ten would go on for half a minute, beyond any deadline, behind the back of whoever waits.
 */
const attemptsMax = 3;

/** A client that connects with its first call, so that the API starts and tells while Temporal is away. */
export function temporalClient(
  options: ConnectionOptions,
  namespace: string,
): { temporal: Client; close: () => Promise<void> } {
  const retries = makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: attemptsMax }));
  const connection = Connection.lazy({ ...options, interceptors: [retries] });
  return { temporal: new Client({ connection, namespace }), close: () => connection.close() };
}
