import type { Happening } from '../happenings';
import type { Portal } from '../portal';
import type { Stamp } from '../crm/recordTable';
import type { WebhookSettings } from './webhookSettings';

/** An event as it stands in a delivery (facts 8). */
export interface WebhookEvent {
  [field: string]: unknown;
  attemptNumber: number;
}

/** Types that have events of their own name; all others only have generic ones. */
const namedTypes = new Set(['0-1', '0-2', '0-3', '0-5', '0-7', '0-8']);

/** The event of a happening, or null where nobody is subscribed to it. */
export function webhookEvent(
  portal: Portal,
  { appId, format, properties }: WebhookSettings,
  happening: Happening,
  { stamp, eventId }: { stamp: Stamp; eventId: number },
): WebhookEvent | null {
  const { what, typeId, id } = happening;
  const table = portal.tables.get(typeId);
  if (!table) return null;
  if (what === 'propertyChange' && properties && !properties.includes(happening.name)) return null;
  // Privacy deletions have no generic form.
  const isNamed = (format === 'named' && namedTypes.has(typeId)) || what === 'privacyDeletion';
  return {
    eventId,
    subscriptionId: 1_000 + [...portal.tables.keys()].indexOf(typeId),
    portalId: portal.portalId,
    appId,
    occurredAt: stamp.at,
    subscriptionType: `${isNamed ? table.singular : 'object'}.${what}`,
    attemptNumber: 0,
    objectId: Number(id),
    changeSource: stamp.type,
    sourceId: stamp.id,
    ...(isNamed ? {} : { objectTypeId: typeId, isSensitive: false }),
    ...fieldsOf(portal, happening, isNamed),
  };
}

function fieldsOf(portal: Portal, happening: Happening, isNamed: boolean): Record<string, unknown> {
  switch (happening.what) {
    case 'creation':
      return { changeFlag: 'NEW' };
    case 'propertyChange':
      return { propertyName: happening.name, propertyValue: happening.value };
    case 'merge': {
      const { id, primary, merged, moved } = happening;
      return {
        primaryObjectId: Number(primary),
        mergedObjectIds: merged.map(Number),
        newObjectId: Number(id),
        numberOfPropertiesMoved: moved,
      };
    }
    case 'associationChange': {
      const { typeId, toType, id, toId, removed, primary } = happening;
      const word = (type: string) => (portal.tables.get(type)?.singular ?? type).toUpperCase();
      return {
        associationType: `${word(typeId)}_TO_${word(toType)}`,
        fromObjectId: Number(id),
        toObjectId: Number(toId),
        associationRemoved: removed,
        isPrimaryAssociation: primary,
        ...(isNamed ? {} : { fromObjectTypeId: typeId, toObjectTypeId: toType }),
      };
    }
    default:
      return {};
  }
}
