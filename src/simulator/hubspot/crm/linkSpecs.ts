import { asArray, asObject, type Call } from '../call';
import { linkTypes, type LinkType } from './links';
import { invalid, type Rejection } from '../rejection';

/** The `types` of an association body for one direction, or the refusal naming a type that does not exist there. */
export function readTypes(call: Call, from: string, to: string, value: unknown): LinkType[] | Rejection {
  const specs = asArray(value, 'types').map((item) => asObject(item, 'types'));
  if (specs.length === 0) return invalid('At least one association type is required');
  const known = linkTypes(call.portal.links, from, to);
  const types: LinkType[] = [];
  for (const spec of specs) {
    const type = known.find(
      ({ category, typeId }) =>
        category === spec['associationCategory'] && typeId === Number(spec['associationTypeId']),
    );
    if (!type) return invalidType(from, to, spec);
    types.push(type);
  }
  return types;
}

/** The refusal of a type id that does not exist in this direction (facts 5). */
export function invalidType(from: string, to: string, spec: Record<string, unknown>): Rejection {
  const named = `${String(spec['associationCategory'])}-${String(spec['associationTypeId'])}`;
  return {
    ...invalid(`Association type ${named} is not valid from ${from} to ${to}`, { type: [named] }),
    subCategory: 'crm.associations.INVALID_ASSOCIATION_TYPE',
  };
}
