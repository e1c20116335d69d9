import { batchInputs, batchReply } from '../crm/batch';
import { asArray, asObject, asText, bodyObject, param, type Call, type Reply } from '../call';
import { tableOf } from '../portal';
import {
  defineProperty,
  propertyTypes,
  type PropertyDefinition,
  type PropertyOption,
  type PropertyType,
} from './propertyDefinition';
import { batchErrorEntry, invalid, notFound, Rejected, type Rejection } from '../rejection';
import type { ObjectTable } from '../crm/recordTable';

/** Unique properties per object type (facts 6). */
const uniqueMax = 10;

const fieldTypes: Record<PropertyType, readonly string[]> = {
  string: ['text', 'textarea', 'html', 'file', 'phonenumber', 'calculation_equation'],
  number: ['number', 'calculation_equation'],
  bool: ['booleancheckbox', 'calculation_equation'],
  enumeration: ['select', 'radio', 'checkbox', 'booleancheckbox', 'calculation_equation'],
  date: ['date'],
  datetime: ['date'],
  phone_number: ['phonenumber'],
};

/** GET: all properties, without paging. */
export function listProperties(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const archived = call.query.get('archived') === 'true';
  const results = [...table.properties.values()].filter((property) => property.archived === archived);
  return { status: 200, body: { results } };
}

function existing(table: ObjectTable, name: string): PropertyDefinition {
  const property = table.properties.get(name);
  if (property && !property.archived) return property;
  throw new Rejected(notFound());
}

/** GET one property. */
export function getProperty(call: Call): Reply {
  return { status: 200, body: existing(tableOf(call.portal, param(call, 'type')), param(call, 'name')) };
}

function readOptions(value: unknown): PropertyOption[] {
  return asArray(value, 'options').map((item, at) => {
    const option = asObject(item, 'options');
    return {
      label: asText(option['label'], 'label'),
      value: asText(option['value'], 'value'),
      displayOrder: typeof option['displayOrder'] === 'number' ? option['displayOrder'] : at,
      hidden: option['hidden'] === true,
    };
  });
}

/** A new property from a create body, or why not. */
export function planProperty(
  call: Call,
  table: ObjectTable,
  body: Record<string, unknown>,
): PropertyDefinition | Rejection {
  for (const field of ['groupName', 'name', 'label', 'type', 'fieldType']) {
    if (typeof body[field] !== 'string') return invalid(`${field} is required`);
  }
  const { name, label, groupName, fieldType } = body as Record<string, string>;
  const type = propertyTypes.find((known) => known === body['type']);
  if (!name || !/^[a-z][a-z0-9_]*$/.test(name) || name.length > 100)
    return invalid(`Property name ${name} is not valid`);
  if (!type || !fieldTypes[type].includes(fieldType ?? '')) {
    return invalid(`Field type ${fieldType} does not go with type ${String(body['type'])}`);
  }
  const held = table.properties.get(name);
  if (held && !held.archived) {
    return {
      status: 409,
      category: 'OBJECT_ALREADY_EXISTS',
      message: `Property named ${name} already exists`,
    };
  }
  if (!groupName || !table.groups.has(groupName))
    return invalid(`Property group ${groupName} does not exist`);
  const options = readOptions(body['options']);
  const external = body['externalOptions'] === true;
  if (type === 'enumeration' && options.length === 0 && !external)
    return invalid('Enumerations need options');
  const unique = body['hasUniqueValue'] === true;
  if (unique && type !== 'string' && type !== 'number')
    return invalid(`A property of type ${type} cannot be unique`);
  const uniques = [...table.properties.values()].filter(
    (property) => property.hasUniqueValue && !property.hubspotDefined && !property.archived,
  );
  if (unique && uniques.length >= uniqueMax)
    return invalid(`At most ${uniqueMax} unique properties per object type`);
  const now = new Date(call.stamp.at).toISOString();
  return {
    ...defineProperty(name, {
      label: label ?? name,
      type,
      fieldType: fieldType ?? '',
      groupName,
      unique,
      owner: external,
      custom: true,
    }),
    description: typeof body['description'] === 'string' ? body['description'] : '',
    options,
    hidden: body['hidden'] === true,
    formField: body['formField'] === true,
    createdAt: now,
    updatedAt: now,
  };
}

/** POST: a custom property: 201. `hasUniqueValue` can only be set here. */
export function createProperty(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const definition = planProperty(call, table, bodyObject(call));
  if ('message' in definition) throw new Rejected(definition);
  call.write({ do: 'property', type: table.typeId, definition });
  return { status: 201, body: definition };
}

/** PATCH: label, description, group, options; everything else is kept. */
export function updateProperty(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const held = existing(table, param(call, 'name'));
  const body = bodyObject(call);
  if (held.modificationMetadata.readOnlyDefinition && body['options'] === undefined) {
    throw new Rejected(invalid(`The definition of ${held.name} is read only`));
  }
  const text = (name: 'label' | 'description' | 'groupName'): string =>
    body[name] === undefined ? held[name] : asText(body[name], name);
  const definition: PropertyDefinition = {
    ...held,
    label: text('label'),
    description: text('description'),
    groupName: text('groupName'),
    options: body['options'] === undefined ? held.options : readOptions(body['options']),
    updatedAt: new Date(call.stamp.at).toISOString(),
  };
  call.write({ do: 'property', type: table.typeId, definition });
  return { status: 200, body: definition };
}

function archive(call: Call, table: ObjectTable, name: string): void {
  const held = existing(table, name);
  if (!held.modificationMetadata.archivable)
    throw new Rejected(invalid(`Property ${name} cannot be archived`));
  call.write({ do: 'property', type: table.typeId, definition: { ...held, archived: true } });
}

/** DELETE: archives a custom property; its values are no longer shown: 204. */
export function archiveProperty(call: Call): Reply {
  archive(call, tableOf(call.portal, param(call, 'type')), param(call, 'name'));
  return { status: 204 };
}

/** POST batch/create: 201, 207 when some exist already or are wrong. */
export function createProperties(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const results: Record<string, unknown>[] = [];
  const errors: Record<string, unknown>[] = [];
  for (const { input } of batchInputs(call)) {
    const definition = planProperty(call, table, input);
    if ('message' in definition) {
      errors.push(batchErrorEntry({ ...definition, context: { name: [String(input['name'])] } }));
      continue;
    }
    call.write({ do: 'property', type: table.typeId, definition });
    results.push({ ...definition });
  }
  return batchReply(call, results, errors, 201);
}

/** POST batch/read: the properties found, and the missing ones as errors. */
export function readPropertiesBatch(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const results: Record<string, unknown>[] = [];
  const errors: Record<string, unknown>[] = [];
  for (const { input } of batchInputs(call)) {
    const name = asText(input['name'], 'name');
    const property = table.properties.get(name);
    if (property && !property.archived) results.push({ ...property });
    else
      errors.push(
        batchErrorEntry({ ...notFound(), category: 'OBJECT_NOT_FOUND', context: { name: [name] } }),
      );
  }
  return batchReply(call, results, errors, 200);
}

/** POST batch/archive: 204. */
export function archiveProperties(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  for (const { input } of batchInputs(call)) archive(call, table, asText(input['name'], 'name'));
  return { status: 204 };
}
