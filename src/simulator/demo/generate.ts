import { applyChanges } from './changeRows';
import { companyCase, companyCount } from './companies';
import { contactCase } from './contacts';
import { dealCases } from './deals';
import { junkOf } from './junk';
import { strangersOf } from './strangers';
import type { Case, Change, World } from './world';

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
  function* companies(): Generator<Case> {
    for (let index = 0; index < companyCount(people); index++)
      yield applyChanges(companyCase(seed, index), changes);
  }
  function* persons(): Generator<{ contact: Case; deals: Case[] }> {
    for (let index = 0; index < people; index++) {
      // Deals are drawn from the unchanged contact: a change must not deal the cards anew.
      const contact = contactCase(seed, people, index);
      const deals = dealCases(seed, contact).map((deal) => applyChanges(deal, changes));
      yield { contact: applyChanges(contact, changes), deals };
    }
  }
  return {
    ...{ seed, people, changes, companies, persons },
    strangers: () => strangersOf(seed, people),
    junk: () => junkOf(people),
  };
}
