import { finding, type ConfigCheck, type Finding } from '../finding';
import { suggestion } from '../nearest';
import type { RawNode } from '../rawNode';
import { standardPropertyType } from '../standardProperties';

/** Which display each type allows (facts §6). */
const fieldTypesOf: Record<string, readonly string[]> = {
  string: ['text', 'textarea', 'html', 'phonenumber'],
  number: ['number'],
  bool: ['booleancheckbox'],
  enumeration: ['select', 'radio', 'checkbox', 'booleancheckbox'],
  date: ['date'],
  datetime: ['date'],
  phone_number: ['phonenumber'],
};

/** Objects: properties that can be created, and identity and limit rules whose fields someone fills. */
export const checkObjects: ConfigCheck = (root) =>
  root
    .get('objects')
    .entries()
    .flatMap(({ key, node }) => [
      ...node
        .get('properties')
        .entries()
        .flatMap((property) => checkProperty(property.node)),
      ...node
        .get('fields')
        .entries()
        .flatMap((field) => checkField(field.node)),
      ...checkIdentity(root, key, node),
    ]);

/** What becomes of edits is a question only of fields that sources own. */
function checkField(field: RawNode): Finding[] {
  const [policy, pinFor] = [field.get('onHubSpotEdit'), field.get('pinFor')];
  const ownership = field.get('ownership').text() ?? 'source';
  if (policy.value !== undefined && ownership !== 'source') {
    return [finding(policy, 'key', `goes with ownership source, not ${ownership}`, 'leave one of them out')];
  }
  const pins = ['accept', 'review'].includes(policy.text() ?? 'revert');
  if (pinFor.value === undefined || pins) return [];
  return [finding(pinFor, 'key', 'nothing is pinned here', 'add onHubSpotEdit: accept, or review')];
}

function checkProperty(property: RawNode): Finding[] {
  const type = property.get('type').text() ?? '';
  const options = property.get('options');
  const findings: Finding[] = [];
  if (type === 'enumeration' && options.value === undefined) {
    findings.push(
      finding(property, 'key', 'an enumeration needs options', 'options: [{ label: Basic, value: basic }]'),
    );
  }
  if (options.value !== undefined && type in fieldTypesOf && type !== 'enumeration') {
    findings.push(finding(options, 'key', `options go with type enumeration, not ${type}`));
  }
  const fieldType = property.get('fieldType');
  const allowed = fieldTypesOf[type];
  if (allowed && fieldType.text() !== undefined && !allowed.includes(fieldType.text()!)) {
    findings.push(
      finding(fieldType, 'value', `does not go with type ${type}`, `possible: ${allowed.join(', ')}`),
    );
  }
  return [...findings, ...repeatedOptions(options)];
}

function repeatedOptions(options: RawNode): Finding[] {
  const seen = new Set<string>();
  return options.items().flatMap((option) => {
    const value = option.get('value');
    const written = value.text() ?? '';
    if (written === '' || !seen.has(written)) {
      seen.add(written);
      return [];
    }
    return [finding(value, 'value', 'this option value stands here twice')];
  });
}

function checkIdentity(root: RawNode, objectName: string, object: RawNode): Finding[] {
  const hubspotType = object.get('hubspotType').text() ?? objectName;
  const provided = providedProperties(root, objectName, object);
  const identity = object.get('identity');
  const rules = identity.get('rules').items();
  const named = [
    ...identity.get('neverJoin').items(),
    ...rules.flatMap((rule) => [...rule.get('fields').items(), ...rule.get('similar').get('fields').items()]),
    ...object.get('requiredAny').items(),
  ];
  const unknown = named.flatMap((field) => {
    const property = field.text();
    if (property === undefined || provided.includes(property)) return [];
    if (standardPropertyType(hubspotType, property) !== undefined) return [];
    const hint =
      suggestion(property, provided) ?? 'map it in a stream of this object, or list it under properties';
    return [finding(field, 'value', `no map or property of ${objectName} provides "${property}"`, hint)];
  });
  return [...unknown, ...repeatedNames(rules)];
}

/** Rule names are prefixes of the stored keys: two rules of one name would share their keys. */
function repeatedNames(rules: RawNode[]): Finding[] {
  const names = rules.map((rule) => rule.get('name').text());
  return rules.flatMap((rule, index) =>
    names[index] !== undefined && names.indexOf(names[index]) < index
      ? [
          finding(
            rule.get('name'),
            'value',
            'an earlier identity rule has this name',
            'give each rule its own name',
          ),
        ]
      : [],
  );
}

function providedProperties(root: RawNode, objectName: string, object: RawNode): string[] {
  const mapped = root
    .get('sources')
    .entries()
    .flatMap((source) => source.node.get('streams').entries())
    .filter((stream) => stream.node.get('object').text() === objectName)
    .flatMap((stream) =>
      stream.node
        .get('map')
        .entries()
        .map(({ key }) => key),
    );
  const created = object
    .get('properties')
    .entries()
    .map(({ key }) => key);
  return [...new Set([...mapped, ...created])];
}
