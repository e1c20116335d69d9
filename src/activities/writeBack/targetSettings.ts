import { ApplicationFailure } from '@temporalio/activity';
import { findPortal } from '../../db/portals';
import type { WriteBackField } from '../../domain/rules';
import type { ActivityDeps, ObjectSettings, Settings, SourceSettings, StreamSettings } from '../deps';

/** A stream whose records golden values are written back to. A target has at most one per object type. */
export interface TargetStream {
  /** The source's name. */
  target: string;
  objectType: string;
  fields: WriteBackField[];
  source: SourceSettings;
  stream: StreamSettings;
}

type Deps = Pick<ActivityDeps, 'pool' | 'settings'>;

/** The streams that take write-backs of a portal's golden records; none where the portal has them switched off. */
export async function targetsOf({ pool, settings }: Deps, portalId: string): Promise<TargetStream[]> {
  const streams = settings.sources.flatMap((source) =>
    source.streams.flatMap((stream): TargetStream[] => {
      const { objectType, map } = stream;
      const fields = map.writeBack;
      return fields ? [{ target: source.name, objectType, fields, source, stream }] : [];
    }),
  );
  if (streams.length === 0) return [];
  const bound = await findPortal(pool, portalId);
  const portal = settings.portals.find(({ name }) => name === bound?.name);
  return portal?.writesBack === false ? [] : streams;
}

/** The names of a portal's targets, each once. */
export async function targetNames(deps: Deps, portalId: string): Promise<string[]> {
  return [...new Set((await targetsOf(deps, portalId)).map(({ target }) => target))];
}

/** One target's stream of an object type. @throws non-retryable `configuration` when there is none (any more) */
export function targetStream(streams: TargetStream[], target: string, objectType: string): TargetStream {
  const found = streams.find((stream) => stream.target === target && stream.objectType === objectType);
  if (found) return found;
  throw ApplicationFailure.nonRetryable(
    `source ${target} takes no write-backs of ${objectType}`,
    'configuration',
  );
}

/**
 * The hash under which an object's configuration is registered: another one where a portal has write-backs switched off,
 * so that all records are compared anew when they are switched on.
 */
export function configHashFor(
  { objectType, configHash }: ObjectSettings,
  targets: readonly TargetStream[],
  settings: Settings,
): string {
  const isOn = targets.some((stream) => stream.objectType === objectType);
  const isConfigured = settings.sources.some(({ streams }) =>
    streams.some(({ map }) => map.objectType === objectType && map.writeBack),
  );
  return isConfigured && !isOn ? `${configHash}:noWriteBack` : configHash;
}
