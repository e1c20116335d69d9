import { ApplicationFailure } from '@temporalio/activity';
import type { Cursor, OpenSource } from '../sources/contract';
import type { HubSpotClient } from '../hubspot/client';
import type { ActivityDeps, SourceSettings, StreamSettings } from './deps';
import { findPortal } from '../db/portals';
import { createStatistics } from '../db/statistics';
import { readAccountDetails } from '../hubspot/accountInfo';
import { HubSpotFailure } from '../hubspot/hubspotFailure';
import { watchedClient } from './deliver/breaker';
import { asApplicationFailure } from './failures';
import { leasedClient } from './quota/leasedClient';
import { createObjectContext, type ObjectContext } from './objectContext';

/** What all activities of a worker share: the dependencies, and what is opened once and kept. */
export interface ActivityContext extends ActivityDeps {
  objectContext: (portalId: string, objectType: string) => Promise<ObjectContext>;
  /** The transport to a portal, after its token was seen to belong to it (DESIGN §5.2). */
  clientOf: (portalId: string) => Promise<HubSpotClient>;
  /** How HubSpot names an object type. */
  hubspotType: (objectType: string) => string;
  openSource: (source: SourceSettings) => Promise<OpenSource>;
  afterCommit: (source: SourceSettings, stream: StreamSettings, cursor: Cursor | null) => Promise<void>;
  /** Keeps Postgres's plans fit for how much the tables hold. */
  refreshStatistics: () => Promise<void>;
  /** Closes every opened source: at the worker's end. */
  close: () => Promise<void>;
}

export function createContext(deps: ActivityDeps): ActivityContext {
  const opened = new Map<string, Promise<OpenSource>>();
  const clients = new Map<string, Promise<HubSpotClient>>();

  function openSource(source: SourceSettings): Promise<OpenSource> {
    let open = opened.get(source.name);
    if (!open) {
      open = source.open();
      opened.set(source.name, open);
      open.catch(() => opened.delete(source.name));
    }
    return open;
  }

  const hubspotTypes = new Map(
    deps.settings.objects.map((object) => [object.objectType, object.hubspotType]),
  );

  return {
    ...deps,
    hubspotType: (objectType) => hubspotTypes.get(objectType) ?? objectType,
    objectContext: createObjectContext(deps),
    clientOf(portalId) {
      let client = clients.get(portalId);
      if (!client) {
        client = verifiedClient(deps, portalId);
        clients.set(portalId, client);
        client.catch(() => clients.delete(portalId));
      }
      return client;
    },
    refreshStatistics: createStatistics(deps.pool),
    openSource,
    async afterCommit(source, stream, cursor) {
      const open = await openSource(source);
      await open.afterCommit?.({ stream: stream.name, cursor });
    },
    async close() {
      const sources = await Promise.allSettled(opened.values());
      opened.clear();
      for (const source of sources) if (source.status === 'fulfilled') await source.value.close();
    },
  };
}

/** All state is bound to the portal id that the token was read with: a token of another portal is refused. */
async function verifiedClient(
  { pool, log, settings, limits }: ActivityDeps,
  portalId: string,
): Promise<HubSpotClient> {
  const bound = await findPortal(pool, portalId);
  const portal = settings.portals.find(({ name }) => name === bound?.name);
  if (!bound || !portal) {
    throw ApplicationFailure.nonRetryable(`portal ${portalId} is not configured`, 'configuration');
  }
  const client = leasedClient({ pool, log }, portal.client, portalId, 0, null);
  const account = await readAccountDetails(client).catch((error: unknown) => {
    // No batch was sent: this is no answer to one, which its sender settles by a pause. What passes by itself is none.
    const passes = error instanceof HubSpotFailure && (error.verdict.until ?? error.verdict.afterMs) !== null;
    throw passes ? error : asApplicationFailure(error);
  });
  if (String(account.portalId) === portalId)
    return watchedClient(pool, portal.client, portalId, limits.callDeadlineMs);
  throw ApplicationFailure.nonRetryable(
    `the token of portal "${portal.name}" belongs to portal ${account.portalId}, but all state is bound to ${portalId}`,
    'wrongPortal',
  );
}

/** The configured object types, in the order in which they are delivered. */
export function objectTypesOf({ settings }: Pick<ActivityDeps, 'settings'>): string[] {
  return settings.objects.map(({ objectType }) => objectType);
}
