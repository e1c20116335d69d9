import type { GoldenInput } from '../../db/golden/goldenRecords';
import type { StoredMapped } from '../../db/golden/mappedRecords';
import type { IdentityCluster } from '../../domain/identity/identityRecord';
import { mergeGolden } from '../../domain/merge/mergeGolden';
import { hubspotSource, type MappedRecord, type Pin } from '../../domain/record';
import type { ObjectRules } from '../../domain/rules';
import type { Component } from './identifySlice';
import { refKey } from './mapSlice';

/** The golden record that the members of a cluster make, with the pins in force. */
export function mergeCluster(
  cluster: IdentityCluster,
  component: Component,
  rules: ObjectRules,
  pins: Pin[] = [],
): GoldenInput {
  const members = membersOf(cluster, component, rules);
  const { values, origins } = mergeGolden(members, rules, pins);
  return {
    goldenId: cluster.goldenId,
    values,
    origins,
    leadSource: leadSourceOf(members, rules),
    state: 'live',
  };
}

/** The mapped records of a cluster. */
export function membersOf(
  cluster: IdentityCluster,
  component: Component,
  { objectType }: ObjectRules,
): MappedRecord[] {
  return cluster.members.map((member) => asMember(component.records.get(refKey(member))!, objectType));
}

function asMember(stored: StoredMapped, objectType: string): MappedRecord {
  return { ...stored, objectType, references: [], identityKeys: [] };
}

/** The strongest source among the members: where the golden record's deliveries are counted. */
function leadSourceOf(members: MappedRecord[], rules: ObjectRules): string {
  const sources = new Set(members.map(({ source }) => source));
  sources.delete(hubspotSource);
  const precedence = rules.fields.find(({ precedence }) => precedence.length > 0)?.precedence ?? [];
  return precedence.find((source) => sources.has(source)) ?? [...sources].sort()[0] ?? hubspotSource;
}
