import { asText, bodyObject, param, type Call, type Reply } from '../call';
import { tableOf } from '../portal';
import { invalid, notFound, Rejected } from '../rejection';

/** GET groups. */
export function listGroups(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  return { status: 200, body: { results: [...table.groups.values()].filter((group) => !group.archived) } };
}

/** GET one group. */
export function getGroup(call: Call): Reply {
  const group = tableOf(call.portal, param(call, 'type')).groups.get(param(call, 'name'));
  if (!group || group.archived) throw new Rejected(notFound());
  return { status: 200, body: group };
}

/** POST a group: 201; 409 when the name is taken. */
export function createGroup(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const body = bodyObject(call);
  const name = asText(body['name'], 'name');
  if (table.groups.get(name)?.archived === false) {
    const message = `Property group named ${name} already exists`;
    throw new Rejected({ status: 409, category: 'OBJECT_ALREADY_EXISTS', message });
  }
  const group = { name, label: asText(body['label'], 'label'), displayOrder: -1, archived: false };
  call.write({ do: 'group', type: table.typeId, ...group });
  return { status: 201, body: group };
}

/** DELETE a group that no live property is in: 204. */
export function archiveGroup(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const group = table.groups.get(param(call, 'name'));
  if (!group || group.archived) throw new Rejected(notFound());
  const used = [...table.properties.values()].some(
    ({ groupName, archived }) => groupName === group.name && !archived,
  );
  if (used) throw new Rejected(invalid(`Property group ${group.name} is not empty`));
  call.write({ do: 'group', type: table.typeId, ...group, archived: true });
  return { status: 204 };
}
