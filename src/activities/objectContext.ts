import { ApplicationFailure } from '@temporalio/activity';
import { asReferenceData, loadPortalReference, type PortalReference } from '../db/referenceData';
import { currentConfigNumber } from '../db/objectConfigs';
import type { ObjectRules, ReferenceData } from '../domain/rules';
import { propertyTypeOf } from '../hubspot/propertyTypes';
import type { ActivityDeps, ObjectSettings } from './deps';

export interface ObjectContext {
  settings: ObjectSettings;
  rules: ObjectRules;
  reference: ReferenceData;
  portal: PortalReference;
}

/** Definitions of a portal change rarely; a stale one for this long only delays a new property. */
const cacheMs = 10_000;
const cacheEntriesMax = 500;

/**
 * An object type's rules and reference data for one portal, cached for seconds.
 * @throws non-retryable `configuration` when the object is not configured or the portal was never read
 */
export function createObjectContext(deps: Pick<ActivityDeps, 'pool' | 'settings' | 'now'>) {
  const cache = new Map<string, { until: number; context: Promise<ObjectContext> }>();
  return function objectContext(portalId: string, objectType: string): Promise<ObjectContext> {
    const key = `${portalId}:${objectType}`;
    const now = deps.now().getTime();
    const cached = cache.get(key);
    if (cached && cached.until > now) return cached.context;
    if (cache.size > cacheEntriesMax) cache.clear();
    const context = loadContext(deps, portalId, objectType);
    cache.set(key, { until: now + cacheMs, context });
    context.catch(() => cache.delete(key));
    return context;
  };
}

async function loadContext(
  { pool, settings }: Pick<ActivityDeps, 'pool' | 'settings'>,
  portalId: string,
  objectType: string,
): Promise<ObjectContext> {
  const object = settings.objects.find((candidate) => candidate.objectType === objectType);
  if (!object) {
    throw ApplicationFailure.nonRetryable(`object type ${objectType} is not configured`, 'configuration');
  }
  const portal = await loadPortalReference(pool, portalId, objectType);
  if (!portal) {
    throw ApplicationFailure.nonRetryable(
      `the properties of ${objectType} were never read from this portal; start a run or run check first`,
      'configuration',
    );
  }
  const types = Object.fromEntries(
    portal.properties.map((property) => [property.name, propertyTypeOf(property)]),
  );
  const configNumber = await currentConfigNumber(pool, portalId, objectType);
  return {
    settings: object,
    rules: object.rules(types, configNumber),
    reference: asReferenceData(portal),
    portal,
  };
}
