import { britain } from './countries';
import type { Name } from './names';
import { personOf, strangerTo, type Person } from './person';
import type { Phone } from './phones';
import { phoneOf, phoneSlots } from './phones';
import type { Place } from './plots';

/** A person in their situation: who they are and the number and mailbox they use. */
export interface CastMember {
  person: Person;
  phone: Phone;
  /** A mailbox shared with others; '' outside the situations that have one. */
  mailbox: string;
}

/** Slot of a person's own numbers that a family or an office shares. */
const sharedSlot = 6;

/** Casts one person. Members of a group see the members before them, so that names stay apart (or are equal). */
export function groupCast(seed: number, place: Place, index: number): CastMember {
  const { plot, member, first, block } = place;
  switch (plot) {
    case 'familyPhone': {
      const parent = personOf(seed, first);
      const person = member === 0 ? parent : strangerTo(seed, index, [parent.name], parent.country);
      return { person, phone: parent.phone(sharedSlot), mailbox: '' };
    }
    case 'switchboard': {
      const names = switchboardNames(seed, first, member);
      const person = personOf(seed, index, { name: names[member] as Name, country: britain });
      return { person, phone: phoneOf(britain, first * phoneSlots + sharedSlot), mailbox: '' };
    }
    case 'listedMailbox':
    case 'unlistedMailbox':
    case 'mailboxOwner': {
      const person = personOf(seed, index);
      const listed = plot === 'listedMailbox' || (plot === 'mailboxOwner' && block % 2 === 0);
      return { person, phone: person.phone(0), mailbox: mailboxOf(block, listed) };
    }
    default: {
      const person = personOf(seed, index);
      return { person, phone: person.phone(0), mailbox: '' };
    }
  }
}

/** The names behind one switchboard: all unlike, but the second and third are namesakes. */
function switchboardNames(seed: number, first: number, upTo: number): Name[] {
  const names: Name[] = [];
  for (let member = 0; member <= upTo; member++) {
    const namesake = member === 2 ? names[1] : undefined;
    names.push(namesake ?? strangerTo(seed, first + member, names).name);
  }
  return names;
}

/** `info@` is listed as no evidence; `frontdesk@` is not, but more than three records hold it. */
function mailboxOf(block: number, listed: boolean): string {
  return listed ? `info@partner-${block}.example` : `frontdesk@school-${block}.example`;
}
