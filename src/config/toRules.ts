import type { PropertyType } from '../domain/record';
import type {
  FieldMap,
  FieldRule,
  IdentityRules,
  ObjectRules,
  StreamMap,
  WriteBackField,
} from '../domain/rules';
import type { TributaryConfig } from './schema';
import type { CustomPropertyConfig, ObjectConfig } from './schema/objects';
import type { SourceConfig, StreamConfig } from './schema/sources';
import type { WriteBackFieldConfig } from './schema/writeBack';
import { standardIdentityRules, standardPropertyType, standardRequiredAny } from './standardProperties';

/** The types of an object's properties as the portal defines them; empty before it was read. */
export type PropertyTypes = Readonly<Record<string, PropertyType>>;

/** How HubSpot names an object type of the configuration, in paths and replies. */
export function hubspotTypeOf(config: TributaryConfig, objectType: string): string {
  return config.objects[objectType]?.hubspotType ?? objectType;
}

/** Every stream of every configured source, in the order of the file. HubSpot's own records need no map. */
export function toStreamMaps(config: TributaryConfig): StreamMap[] {
  return Object.entries(config.sources).flatMap(([source, { streams, timeZone }]) =>
    Object.entries(streams).map(([name, stream]) => toStreamMap(config, source, name, stream, timeZone)),
  );
}

function toStreamMap(
  config: TributaryConfig,
  source: string,
  name: string,
  stream: StreamConfig,
  sourceZone: SourceConfig['timeZone'],
): StreamMap {
  const changedAt = stream.changedAt ?? stream.cursor;
  const defaultRegion = stream.defaultRegion ?? config.defaultRegion;
  return {
    source,
    stream: name,
    objectType: stream.object,
    fields: Object.entries(stream.map).map(([property, field]) => toFieldMap(property, field)),
    references: stream.references.map(({ to, from, labels }) => {
      const [toSource = '', toStream = ''] = to.split('.');
      const toObject = config.sources[toSource]?.streams[toStream]?.object ?? '';
      return { toObject, toSource, toStream, from, labels };
    }),
    timeZone: stream.timeZone ?? sourceZone ?? config.timeZone,
    ...('writeBack' in stream && stream.writeBack ? { writeBack: toWriteBack(stream.writeBack.fields) } : {}),
    ...(changedAt === undefined ? {} : { changedAt }),
    ...(defaultRegion === undefined ? {} : { defaultRegion }),
  };
}

function toWriteBack(fields: Record<string, WriteBackFieldConfig>): WriteBackField[] {
  return Object.entries(fields)
    .map(([property, { to, transforms, as }]) => ({ property, to, transforms, as }))
    .sort((a, b) => (a.property < b.property ? -1 : 1));
}

function toFieldMap(property: string, field: StreamConfig['map'][string]): FieldMap {
  return {
    property,
    from: field.from ?? [],
    transforms: field.transforms,
    emptyClears: field.emptyClears,
    required: field.required,
    ...(field.expression === undefined ? {} : { expression: field.expression }),
    ...(field.default === undefined ? {} : { defaultValue: String(field.default) }),
  };
}

/**
 * The rules of one object type. Fields are those that a map fills or a rule names, by name.
 * @param types the portal's own property types; without them what the configuration and HubSpot's standard say
 * @param configNumber the number under which this configuration is stored
 */
export function toObjectRules(
  config: TributaryConfig,
  objectType: string,
  types: PropertyTypes,
  configNumber: number,
): ObjectRules {
  const object = objectNamed(config, objectType);
  const hubspotType = hubspotTypeOf(config, objectType);
  const identity = identityOf(object, hubspotType);
  const precedence = object.precedence ?? Object.keys(config.sources);
  const names = new Set([...mappedProperties(config, objectType), ...Object.keys(object.fields)]);
  return {
    objectType,
    fields: [...names].sort().map((property): FieldRule => {
      const rule = object.fields[property];
      return {
        property,
        type: typeOf(object, hubspotType, property, types),
        ownership: rule?.ownership ?? 'source',
        resolve: rule?.resolve ?? 'precedence',
        precedence: rule?.precedence ?? precedence,
        ...(rule?.optOut === undefined ? {} : { optOutValue: rule.optOut }),
        ...(rule?.onHubSpotEdit === undefined ? {} : { onHubSpotEdit: rule.onHubSpotEdit }),
        ...(rule?.pinFor === undefined ? {} : { pinForMs: rule.pinFor }),
      };
    }),
    identity,
    requiredAny: object.requiredAny ?? [...(standardRequiredAny[hubspotType] ?? [])],
    whenArchived: object.whenArchivedInHubSpot,
    configNumber,
  };
}

/** Every property of an object that is read or written: mapped, ruled, identity, limit and required ones, sorted. */
export function propertiesOf(config: TributaryConfig, objectType: string): string[] {
  const rules = toObjectRules(config, objectType, {}, 0);
  const identity = rules.identity.rules.flatMap((rule) => [...rule.fields, ...(rule.similar?.fields ?? [])]);
  const fields = rules.fields.map(({ property }) => property);
  return [...new Set([...fields, ...identity, ...rules.identity.neverJoin, ...rules.requiredAny])].sort();
}

/** The object types that records of this one are associated with, sorted. */
export function associatedWith(config: TributaryConfig, objectType: string): string[] {
  const streams = toStreamMaps(config).filter((stream) => stream.objectType === objectType);
  const targets = streams.flatMap((stream) => stream.references.map(({ toObject }) => toObject));
  return [...new Set(targets)].sort();
}

function mappedProperties(config: TributaryConfig, objectType: string): string[] {
  return Object.values(config.sources)
    .flatMap(({ streams }) => Object.values(streams))
    .filter((stream) => stream.object === objectType)
    .flatMap((stream) => Object.keys(stream.map));
}

function objectNamed(config: TributaryConfig, objectType: string): ObjectConfig {
  const object = config.objects[objectType];
  if (!object) throw new Error(`the configuration has no object ${objectType}`);
  return object;
}

function identityOf({ identity }: ObjectConfig, hubspotType: string): IdentityRules {
  const standard = standardIdentityRules[hubspotType] ?? [];
  if (!identity) return { rules: standard, maxSharers: 3, notEvidence: [], neverJoin: [] };
  const rules = identity.rules ?? standard;
  return {
    rules: rules.map(({ name, fields, fold, similar }) => ({
      name,
      fields,
      fold,
      ...(similar === undefined ? {} : { similar }),
    })),
    maxSharers: identity.maxSharers,
    notEvidence: identity.notEvidence,
    neverJoin: identity.neverJoin,
  };
}

/** What nobody knows is treated as text; `check` names a property that the portal does not have. */
function typeOf(
  object: ObjectConfig,
  hubspotType: string,
  property: string,
  types: PropertyTypes,
): PropertyType {
  const configured = object.properties[property];
  return (
    object.fields[property]?.type ??
    types[property] ??
    (configured ? createdType(configured) : undefined) ??
    standardPropertyType(hubspotType, property) ??
    'string'
  );
}

/** The type of a property that `setup` creates: an enumeration shown as checkboxes takes several values. */
function createdType({ type, fieldType }: CustomPropertyConfig): PropertyType {
  return type === 'enumeration' && fieldType === 'checkbox' ? 'multiEnumeration' : type;
}
