import { writeTypePair } from '../crm/associationLabels';
import { asArray, asObject, asText, asTexts, bodyObject, param, type Call, type Reply } from '../call';
import { systemProperties } from './catalog';
import { linkTypes } from '../crm/links';
import { tableOf } from '../portal';
import { planProperty } from './propertiesApi';
import { createTable, type ObjectTable } from '../crm/recordTable';
import { invalid, notFound, Rejected } from '../rejection';

/** A custom object type as the schemas API shows it. */
function shown(call: Call, table: ObjectTable): Record<string, unknown> {
  const associations = [...call.portal.tables.values()].flatMap((other) =>
    linkTypes(call.portal.links, table.typeId, other.typeId).map((type) => ({
      id: String(type.typeId),
      fromObjectTypeId: type.from,
      toObjectTypeId: type.to,
      name: `${table.name}_to_${other.name}`,
    })),
  );
  return {
    ...table.schema,
    properties: [...table.properties.values()].filter((property) => !property.archived),
    associations,
  };
}

/** GET schemas: all custom object types. */
export function listSchemas(call: Call): Reply {
  const custom = [...call.portal.tables.values()].filter((table) => table.schema);
  return { status: 200, body: { results: custom.map((table) => shown(call, table)) } };
}

/** GET one schema by name, id or full name. */
export function getSchema(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  if (!table.schema) throw new Rejected(notFound());
  return { status: 200, body: shown(call, table) };
}

/** POST schemas: a custom object type with its properties and associations: 201. */
export function createSchema(call: Call): Reply {
  const body = bodyObject(call);
  const name = asText(body['name'], 'name').toLowerCase();
  if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new Rejected(invalid(`Object name ${name} is not valid`));
  if (call.portal.names.has(name) || call.portal.names.has(`p_${name}`)) {
    throw new Rejected({
      status: 409,
      category: 'OBJECT_ALREADY_EXISTS',
      message: `Object type ${name} already exists`,
    });
  }
  const custom = [...call.portal.tables.keys()].filter((typeId) => typeId.startsWith('2-')).length;
  const typeId = `2-${9000001 + custom}`;
  const labels = asObject(body['labels'], 'labels');
  const required = asTexts(body['requiredProperties'], 'requiredProperties');
  const system = systemProperties('hs_createdate', 'hs_lastmodifieddate');
  const about = {
    typeId,
    name,
    singular: name,
    fullName: `p${call.portal.portalId}_${name}`,
    createdName: 'hs_createdate',
    modifiedName: 'hs_lastmodifieddate',
    requiredProperties: required,
    defaultProperties: required,
    labels: {
      singular: asText(labels['singular'], 'labels.singular'),
      plural: asText(labels['plural'], 'labels.plural'),
    },
    schema: {
      id: typeId.slice(2),
      objectTypeId: typeId,
      fullyQualifiedName: `p${call.portal.portalId}_${name}`,
      name,
      labels,
      requiredProperties: required,
      searchableProperties: asTexts(body['searchableProperties'], 'searchableProperties'),
      primaryDisplayProperty: body['primaryDisplayProperty'] ?? required[0] ?? null,
      archived: false,
      createdAt: new Date(call.stamp.at).toISOString(),
      updatedAt: new Date(call.stamp.at).toISOString(),
    },
  };
  // Planned against a draft first, so that a wrong property leaves no half-made object type behind.
  const draft = createTable(about, system);
  const definitions = asArray(body['properties'], 'properties').map((item) => {
    const definition = planProperty(call, draft, {
      groupName: 'information',
      ...asObject(item, 'properties'),
    });
    if ('message' in definition) throw new Rejected(definition);
    return definition;
  });
  const others = asTexts(body['associatedObjects'], 'associatedObjects').map((other) =>
    tableOf(call.portal, builtInNames[other.toUpperCase()] ?? other),
  );
  call.write({ do: 'schema', about, properties: [...system, ...definitions] });
  for (const other of others) writeTypePair(call, typeId, other.typeId, 'unlabeled', [null, null]);
  return { status: 201, body: shown(call, tableOf(call.portal, typeId)) };
}

const builtInNames: Record<string, string> = { CONTACT: '0-1', COMPANY: '0-2', DEAL: '0-3', TICKET: '0-5' };
