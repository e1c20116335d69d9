import type { Expected, ExpectedRecord } from '../../src/simulator/demo/oracle';
import { worldObjects, type WorldObject } from '../../src/simulator/demo/world';
import { shuffle } from '../../src/simulator/hubspot/seededRandom';
import { accessToken } from './stack';

/** Records that HubSpot will refuse, by the property that tells them apart. */
export interface Poison {
  values: Record<WorldObject, string[]>;
}

/** One property per object that names one record; a rule on it refuses exactly that record. */
const tellingProperty: Record<WorldObject, string> = {
  companies: 'registration_number',
  contacts: 'ielts_candidate_id',
  deals: 'source_order_id',
};
const typeIds: Record<WorldObject, string> = { companies: '0-2', contacts: '0-1', deals: '0-3' };

/** Chooses records that the sync must create: HubSpot will have none of them. */
export function choosePoison(expected: Expected, perObject: number, random: () => number): Poison {
  const choose = (object: WorldObject) => {
    const values = expected[object]
      .filter(({ heldId, stranger }) => heldId === null && !stranger)
      .flatMap(({ properties }) => properties[tellingProperty[object]] ?? []);
    return shuffle(values, random).slice(0, perObject);
  };
  return {
    values: Object.fromEntries(worldObjects.map((object) => [object, choose(object)])) as Poison['values'],
  };
}

/** Sets the validation rules, as a person does in HubSpot's settings. Before any fault is ordered. */
export async function plantPoison(simulatorUrl: string, { values }: Poison): Promise<void> {
  for (const object of worldObjects) {
    if (values[object].length === 0) continue;
    const refused = values[object].map((value) => value.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
    const path = `crm/property-validations/2026-09/${typeIds[object]}/${tellingProperty[object]}/rule-type/REGEX`;
    const reply = await fetch(`${simulatorUrl}/${path}`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ ruleArguments: [`^(?!(?:${refused.join('|')})$)`] }),
    });
    if (!reply.ok) throw new Error(`the simulator refuses the rule: ${reply.status} ${await reply.text()}`);
  }
}

/** What HubSpot must hold when it refuses the poison: neither those records nor any association of theirs. */
export function withoutPoison(expected: Expected, { values }: Poison): Expected {
  const gone = new Set<string>();
  const keep = (object: WorldObject) =>
    expected[object].filter((record) => {
      if (!isPoison(record, object, values)) return true;
      gone.add(record.caseId);
      return false;
    });
  const [companies, contacts, deals] = [keep('companies'), keep('contacts'), keep('deals')];
  const associations = expected.associations.filter(({ from, to }) => !gone.has(from) && !gone.has(to));
  return { companies, contacts, deals, associations, problems: expected.problems };
}

function isPoison({ properties }: ExpectedRecord, object: WorldObject, values: Poison['values']): boolean {
  const value = properties[tellingProperty[object]];
  return value !== undefined && values[object].includes(value);
}

/** `object property value` of every planted record, sorted: how its problem is told. */
export function poisonNames({ values }: Poison): string[] {
  return worldObjects.flatMap((object) => values[object].map((value) => `${object} ${value}`)).sort();
}

export function tellingValueOf(object: WorldObject, values: Record<string, string>): string {
  return values[tellingProperty[object]] ?? '(no telling value)';
}
