import { endsOf } from './associationBatches';
import { asText, bodyObject, param, type Call, type Reply } from '../call';
import { linkTypes, type LinkType } from './links';
import { invalid, notFound, Rejected } from '../rejection';

/** Custom labels per pair of object types (facts 5). */
const labelsMax = 10;

const shown = ({ category, typeId, label }: LinkType): Record<string, unknown> => ({
  category,
  typeId,
  label,
});

/** GET labels: every type of the direction, ids of custom ones included. */
export function listLabels(call: Call): Reply {
  const { from, to } = endsOf(call);
  return { status: 200, body: { results: linkTypes(call.portal.links, from.typeId, to.typeId).map(shown) } };
}

/** POST labels: a custom label, with a type id of its own in each direction. */
export function createLabel(call: Call): Reply {
  const { from, to } = endsOf(call);
  const body = bodyObject(call);
  const label = asText(body['label'], 'label');
  const back = body['inverseLabel'] === undefined ? label : asText(body['inverseLabel'], 'inverseLabel');
  asText(body['name'], 'name');
  const custom = linkTypes(call.portal.links, from.typeId, to.typeId).filter(
    (type) => type.category === 'USER_DEFINED',
  );
  if (custom.some((type) => type.label === label))
    throw new Rejected(invalid(`Label ${label} already exists`));
  if (custom.filter((type) => type.kind === 'label').length >= labelsMax) {
    throw new Rejected(invalid(`At most ${labelsMax} custom labels per pair of object types`));
  }
  const types = writeTypePair(call, from.typeId, to.typeId, 'label', [label, back]);
  return { status: 201, body: { results: types.map(shown) } };
}

/** Adds a user-defined type and its inverse and gives both. */
export function writeTypePair(
  call: Call,
  from: string,
  to: string,
  kind: LinkType['kind'],
  labels: [string | null, string | null],
): LinkType[] {
  const there = call.portal.links.nextTypeId;
  const back = from === to && labels[0] === labels[1] ? there : there + 1;
  const about = { category: 'USER_DEFINED' as const, kind };
  const types: LinkType[] = [
    { ...about, key: `U${there}`, typeId: there, label: labels[0], from, to, inverse: `U${back}` },
  ];
  if (back !== there) {
    types.push({
      ...about,
      key: `U${back}`,
      typeId: back,
      label: labels[1],
      from: to,
      to: from,
      inverse: `U${there}`,
    });
  }
  for (const type of types) call.write({ do: 'linkType', type });
  return types;
}

function customLabel(call: Call, typeId: number): LinkType {
  const { from, to } = endsOf(call);
  const type = linkTypes(call.portal.links, from.typeId, to.typeId).find(
    (candidate) => candidate.key === `U${typeId}`,
  );
  if (type) return type;
  throw new Rejected(notFound());
}

/** PUT labels: renames a custom label: 204. */
export function updateLabel(call: Call): Reply {
  const body = bodyObject(call);
  const type = customLabel(call, Number(body['associationTypeId']));
  call.write({ do: 'linkType', type: { ...type, label: asText(body['label'], 'label') } });
  return { status: 204 };
}

/** DELETE labels/{typeId}: the label and its inverse go from all associations: 204. */
export function deleteLabel(call: Call): Reply {
  const type = customLabel(call, Number(param(call, 'typeId')));
  call.write({ do: 'dropLinkType', from: type.from, to: type.to, key: type.key });
  call.write({ do: 'dropLinkType', from: type.to, to: type.from, key: type.inverse });
  return { status: 204 };
}
