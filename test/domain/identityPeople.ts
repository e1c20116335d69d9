import type { IdentityDecision } from '../../src/domain/identity/identityDecisions';
import { identityKeysOf } from '../../src/domain/identity/identityKeys';
import {
  limitsOf,
  similarTextOf,
  type IdentityAnswer,
  type IdentityRecord,
} from '../../src/domain/identity/identityRecord';
import type { RecordRef } from '../../src/domain/record';
import { resolveIdentity } from '../../src/domain/identity/resolveIdentity';
import type { IdentityRules } from '../../src/domain/rules';

/** Builders of small populations for tests of identity: people named by source and key. */
const rules: IdentityRules = {
  rules: [
    { name: 'email', fields: ['email', 'hs_additional_emails'], fold: 'email' },
    {
      name: 'phone',
      fields: ['phone', 'mobilephone'],
      fold: 'phone',
      similar: { fields: ['firstname', 'lastname'], above: 0.9 },
    },
  ],
  maxSharers: 3,
  notEvidence: ['info@*'],
  neverJoin: ['exam_id'],
};

/** `a1` is record 1 of source a; `h7` is HubSpot's record 7. */
export function ref(name: string): RecordRef {
  const source = name.startsWith('h') ? 'hubspot' : name.slice(0, 1);
  return { source, stream: 'people', key: name.slice(1) };
}

const nameOf = ({ source, key }: RecordRef) => `${source === 'hubspot' ? 'h' : source}${key}`;
const newGoldenId = (founder: RecordRef, attempt: number) =>
  `G(${nameOf(founder)})${attempt === 0 ? '' : `#${attempt}`}`;

export function person(
  name: string,
  values: Record<string, string>,
  state: { linked?: string; fixed?: string; carries?: string } = {},
): IdentityRecord {
  return {
    ...ref(name),
    anchor: name.startsWith('h'),
    tributaryId: state.carries ?? null,
    keys: identityKeysOf(values, rules),
    similarText: similarTextOf(values, rules),
    limits: limitsOf(values, rules),
    goldenId: state.fixed ?? state.linked ?? null,
    fixed: state.fixed !== undefined,
  };
}

export function resolve(
  records: IdentityRecord[],
  heldBy: Record<string, string> = {},
  sharers = {},
  decisions: IdentityDecision[] = [],
) {
  const answer = resolveIdentity({ records, sharers, rules, newGoldenId, heldBy, decisions });
  return { ...summary(answer), answer };
}

/** 'golden: members' per cluster; 'kind: records > anchors' per review. */
function summary(answer: IdentityAnswer) {
  return {
    clusters: answer.clusters.map(({ goldenId, members }) => `${goldenId}: ${members.map(nameOf).join(' ')}`),
    reviews: answer.reviews
      .map(({ kind, records, anchors }) => `${kind}: ${records.map(nameOf)} > ${anchors.map(nameOf)}`)
      .sort(),
    waiting: answer.waiting.map(nameOf),
    emptied: answer.emptied,
  };
}
