import { applyChanges } from './changeRows';
import { companyCase, companyCount } from './companies';
import { contactCase } from './contacts';
import { dealCases } from './deals';
import { junkOf } from './junk';
import { strangersOf } from './strangers';
import type { Change, World } from './world';

export interface WorldOptions {
  seed: number;
  people: number;
  changes?: readonly Change[];
}

/** The world of a seed and a size (1 to 200,000 people). Nothing is kept: each walk generates it again. */
export function generateWorld({ seed, people, changes = [] }: WorldOptions): World {
  if (!Number.isInteger(people) || people < 1 || people > 200_000) {
    throw new Error(`people must be a whole number from 1 to 200,000, not ${people}`);
  }
  function* companies(): ReturnType<World['companies']> & Generator {
    for (let index = 0; index < companyCount(people); index++)
      yield applyChanges(companyCase(seed, index), changes);
  }
  function* contacts(): ReturnType<World['companies']> & Generator {
    for (let index = 0; index < people; index++)
      yield applyChanges(contactCase(seed, people, index), changes);
  }
  function* deals(): ReturnType<World['companies']> & Generator {
    for (let index = 0; index < people; index++) {
      for (const deal of dealCases(seed, contactCase(seed, people, index))) yield applyChanges(deal, changes);
    }
  }
  return {
    ...{ seed, people, changes, companies, contacts, deals },
    strangers: () => strangersOf(seed, people),
    junk: () => junkOf(people),
  };
}
