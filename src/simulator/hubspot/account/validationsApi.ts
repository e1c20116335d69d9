import { asTexts, bodyObject, param, type Call, type Reply } from '../call';
import { tableOf } from '../portal';
import { invalid, notFound, Rejected } from '../rejection';
import { ruleTypes } from './validationRules';

/** GET property-validations/{type}: the rules of all properties that have any. */
export function listRules(call: Call): Reply {
  const { typeId } = tableOf(call.portal, param(call, 'type'));
  const results = [...call.portal.rules]
    .filter(([key, rules]) => key.startsWith(`${typeId}/`) && rules.length > 0)
    .map(([key, rules]) => ({ propertyName: key.slice(typeId.length + 1), propertyValidationRules: rules }));
  return { status: 200, body: { results } };
}

/** GET the rules of one property. */
export function getRules(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  if (!table.properties.has(param(call, 'name'))) throw new Rejected(notFound());
  return {
    status: 200,
    body: { results: call.portal.rules.get(`${table.typeId}/${param(call, 'name')}`) ?? [] },
  };
}

/** PUT one rule: 204. */
export function putRule(call: Call): Reply {
  const { typeId } = tableOf(call.portal, param(call, 'type'));
  const property = param(call, 'name');
  const ruleType = param(call, 'rule');
  if (!ruleTypes.some((known) => known === ruleType))
    throw new Rejected(invalid(`Unknown rule type ${ruleType}`));
  const rule = { ruleType, ruleArguments: asTexts(bodyObject(call)['ruleArguments'], 'ruleArguments') };
  const others = (call.portal.rules.get(`${typeId}/${property}`) ?? []).filter(
    (held) => held.ruleType !== ruleType,
  );
  call.write({ do: 'rules', type: typeId, property, rules: [...others, rule] });
  return { status: 204 };
}
