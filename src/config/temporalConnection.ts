import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';

/**
 * How to reach Temporal by its standard environment: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY,
 * TEMPORAL_TLS and TEMPORAL_TLS_…, read as all of Temporal's own tools read them
 * (https://docs.temporal.io/develop/environment-configuration).
 *
 * The profile file in the user's home is read only where TEMPORAL_PROFILE or TEMPORAL_CONFIG_FILE asks for it:
 * a plain `npm start` must never end up on somebody's production cluster.
 * In: the environment. Out: options for `Connection` and `NativeConnection`, and the namespace. Throws where a
 * profile or a certificate cannot be read. `connectionOptions` holds the API key: not for logs.
 */
export function temporalConnection(
  env: Record<string, string | undefined>,
): Required<Pick<ClientConnectConfig, 'connectionOptions' | 'namespace'>> {
  const given = Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  );
  const { connectionOptions, namespace } = loadClientConnectConfig({
    overrideEnvVars: given,
    disableFile: !('TEMPORAL_PROFILE' in given) && !('TEMPORAL_CONFIG_FILE' in given),
  });
  return { connectionOptions, namespace: namespace ?? 'default' };
}
