import { ApplicationFailure } from '@temporalio/activity';
import { asReferenceData, loadPortalReference, type PortalReference } from '../db/staging/referenceData';
import { currentConfigNumber, definitionStamp } from '../db/staging/objectConfigs';
import type { ObjectRules, ReferenceData } from '../domain/rules';
import { propertyTypeOf } from '../hubspot/propertyTypes';
import type { ActivityDeps, ObjectSettings } from './deps';

export interface ObjectContext {
  settings: ObjectSettings;
  rules: ObjectRules;
  reference: ReferenceData;
  portal: PortalReference;
}

const cacheEntriesMax = 500;

/**
 * An object type's rules and reference data for one portal. Kept while the stored definitions and the configuration
 * number stay what they were: whichever worker renews them, all see it at once.
 * @throws non-retryable `configuration` when the object is not configured or the portal was never read
 */
export function createObjectContext(deps: Pick<ActivityDeps, 'pool' | 'settings'>) {
  const cache = new Map<string, { stamp: string; context: Promise<ObjectContext> }>();
  return async function objectContext(portalId: string, objectType: string): Promise<ObjectContext> {
    const key = `${portalId}:${objectType}`;
    const stamp = await definitionStamp(deps.pool, portalId, objectType);
    const cached = cache.get(key);
    if (cached?.stamp === stamp) return cached.context;
    if (cache.size > cacheEntriesMax) cache.clear();
    const context = loadContext(deps, portalId, objectType);
    cache.set(key, { stamp, context });
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
