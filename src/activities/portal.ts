import { ApplicationFailure } from '@temporalio/activity';
import { installationOf } from '../db/oauth/oauthInstall';
import { bindPortal, boundPortalId, saveCheck } from '../db/portals';
import { ensureBuckets, moveSpent } from '../db/quota/quota';
import { saveReferenceData } from '../db/staging/referenceData';
import { readAccountDetails } from '../hubspot/accountInfo';
import { applySetup } from '../hubspot/applySetup';
import { checkPropertyMaps, type FieldMapFault } from '../hubspot/checkFieldMaps';
import type { HubSpotClient } from '../hubspot/client';
import { planSetup } from '../hubspot/planSetup';
import { listProperties, listPropertyGroups } from '../hubspot/properties';
import type { HubSpotProperty, PropertyValidation } from '../hubspot/schemas';
import type {
  CheckPortalResult,
  PortalInput,
  SetupPortalResult,
  UninstallPortalInput,
  UninstallPortalResult,
} from '../workflows/contracts';
import type { ActivityContext } from './context';
import type { ObjectSettings, PortalSettings } from './deps';
import { leasedClient } from './quota/leasedClient';
import { readReference, readValidations } from './readReference';
import { laneNumbers } from '../domain/record';

/** HubSpot's least limits (facts §2.1): what we begin with until replies tell the portal's own. */
const firstLimits = [
  { bucket: 'burst' as const, callsMax: 100, windowMs: 10_000 },
  { bucket: 'search' as const, callsMax: 5, windowMs: 1_000 },
  { bucket: 'associations' as const, callsMax: 100, windowMs: 10_000 },
  { bucket: 'daily' as const, callsMax: 250_000, windowMs: 86_400_000 },
];
/** Under this id a token's very first call is paced, which tells whose token it is. No portal of HubSpot's has it. */
const unknownPortalId = '0';

export function createPortalActivities(context: ActivityContext) {
  return {
    /** Reads whose token it is, binds the portal, and refreshes what is cached of its definitions. */
    async connectPortal({ portal }: PortalInput): Promise<{ portalId: string; searchable: boolean }> {
      const { portalId, client } = await connect(context, portal);
      for (const object of context.settings.objects) {
        await saveReferenceData(
          context.pool,
          portalId,
          object.objectType,
          await readReference(context, client, object),
        );
      }
      return { portalId, searchable: await context.searchAttributes.areRegistered() };
    },

    /** Creates `tributary_id`, the configured custom properties and Temporal's search attributes where missing. */
    async setUpPortal({ portal }: PortalInput): Promise<SetupPortalResult> {
      const { portalId, client } = await connect(context, portal);
      const objects = [];
      for (const { hubspotType, customProperties } of context.settings.objects) {
        const existing = await listProperties(client, hubspotType);
        const groups = await listPropertyGroups(client, hubspotType);
        objects.push({ objectType: hubspotType, wanted: customProperties, existing, groups });
      }
      await context.searchAttributes.register();
      const plan = planSetup(objects);
      const applied = await applySetup(client, plan);
      const planned = new Set(
        plan.properties.map(({ objectType, property }) => `${objectType}.${property.name}`),
      );
      const faults = [...plan.faults, ...applied.faults].map(
        ({ objectType, property, message, hint }) =>
          `${objectType}.${property}: ${message}${hint ? ` (${hint})` : ''}`,
      );
      const wanted = objects.flatMap(({ objectType, wanted: properties }) =>
        ['tributary_id', ...properties.map(({ name }) => name)].map((name) => `${objectType}.${name}`),
      );
      return {
        portalId,
        created: [...planned],
        existing: wanted.filter((name) => !planned.has(name)),
        faults,
      };
    },

    /** Names the installation that a portal has now: what is asked before anything is done is meant, whatever dies. */
    async findInstallation({ portal }: PortalInput): Promise<{ installation: string | null }> {
      const { portalId } = portalSettings(context, portal);
      return { installation: portalId === null ? null : await installationOf(context.pool, portalId) };
    },

    /** Uninstalls the app by which a portal is connected, and forgets its tokens; the portal is paused then. */
    async uninstallPortal({ portal, installation }: UninstallPortalInput): Promise<UninstallPortalResult> {
      const { name, portalId, uninstall } = portalSettings(context, portal);
      if (uninstall === null || portalId === null) {
        const reason = `portal "${name}" is connected by a token: there is nothing to uninstall`;
        throw ApplicationFailure.nonRetryable(reason, 'configuration');
      }
      const outcome = await uninstall(installation);
      if (outcome === 'replaced') {
        const event = { event: 'oauth_not_uninstalled', portalId };
        context.log.warn(event, 'the app was installed anew meanwhile; that installation stays');
      }
      return {
        portalId,
        uninstalled: outcome === 'uninstalled',
        ...(outcome === 'replaced' ? { replaced: true } : {}),
      };
    },

    /** Compares the field maps with the portal's real properties, before anything is written. */
    async checkPortal({ portal }: PortalInput): Promise<CheckPortalResult> {
      const { portalId, client } = await connect(context, portal);
      const faults: CheckPortalResult['faults'] = [];
      for (const object of context.settings.objects) {
        const properties = await listProperties(client, object.hubspotType);
        const validations = await readValidations(client, object.hubspotType);
        faults.push(...checkObject(object, properties, validations));
      }
      await saveCheck(context.pool, portalId, context.settings.configHash, faults);
      return { portalId, faults };
    },
  };
}

function checkObject(
  object: ObjectSettings,
  properties: HubSpotProperty[],
  validations: PropertyValidation[],
): CheckPortalResult['faults'] {
  const { objectType } = object;
  const missing = properties.some(({ name, hasUniqueValue }) => name === 'tributary_id' && hasUniqueValue)
    ? []
    : [
        {
          path: `objects.${objectType}`,
          fault: 'the portal has no unique property tributary_id',
          hint: 'run setup',
        },
      ];
  const faults = checkPropertyMaps(objectType, object.mappedProperties, properties, validations);
  return [...missing, ...faults.map(asCheckFault)];
}

function asCheckFault({ path, property, message, hint }: FieldMapFault): CheckPortalResult['faults'][number] {
  return { path, fault: `${property}: ${message}`, hint };
}

async function connect(
  context: ActivityContext,
  name: string | undefined,
): Promise<{ portalId: string; client: HubSpotClient }> {
  const settings = portalSettings(context, name);
  const known = await boundPortalId(context.pool, settings.name);
  await ensurePortalBuckets(context, known ?? unknownPortalId, settings);
  const account = await readAccountDetails(leased(context, known ?? unknownPortalId, settings));
  const portalId = String(account.portalId);
  const bound = settings.portalId ?? known;
  const isBound =
    (bound === null || bound === portalId) &&
    (await bindPortal(context.pool, settings.name, portalId, account.timeZone ?? null));
  if (!isBound) {
    throw ApplicationFailure.nonRetryable(
      `the token of portal "${settings.name}" belongs to portal ${portalId}, but this configuration and its state are bound to portal ${bound ?? 'of another name'}; use that portal's token, or another database and configuration`,
      'wrongPortal',
    );
  }
  if (known === null) {
    await ensurePortalBuckets(context, portalId, settings);
    await moveSpent(context.pool, unknownPortalId, portalId);
  }
  return { portalId, client: leased(context, portalId, settings) };
}

function ensurePortalBuckets({ pool }: ActivityContext, portalId: string, { callsCaps }: PortalSettings) {
  const buckets = firstLimits.map((limit) => ({ ...limit, callsCap: callsCaps[limit.bucket] ?? null }));
  return ensureBuckets(pool, portalId, buckets);
}

/** A person waits for these calls, or a run that has not begun: they are few, and urgent. */
function leased(context: ActivityContext, portalId: string, { client }: PortalSettings): HubSpotClient {
  return leasedClient(context, client, portalId, laneNumbers.realtime, null);
}

function portalSettings({ settings }: ActivityContext, name: string | undefined): PortalSettings {
  const portal = name ? settings.portals.find((candidate) => candidate.name === name) : settings.portals[0];
  if (portal && (name || settings.portals.length === 1)) return portal;
  const names = settings.portals.map((candidate) => candidate.name).join(', ');
  throw ApplicationFailure.nonRetryable(`name one of the configured portals: ${names}`, 'configuration');
}
