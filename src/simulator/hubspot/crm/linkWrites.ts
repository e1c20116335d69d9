import type { Call } from '../call';
import { linkKeys, linksOf, linkTypes, type LinkType } from './links';

/** One association to be made: the types to add in the direction from → to. */
export interface LinkWish {
  from: string;
  fromId: string;
  to: string;
  toId: string;
  types: LinkType[];
}

/** The unlabeled type of a direction; undefined when the two object types cannot be associated. */
export function unlabeledType(call: Call, from: string, to: string): LinkType | undefined {
  return linkTypes(call.portal.links, from, to).find((type) => type.kind === 'unlabeled');
}

const isLabel = (type: LinkType): boolean => type.kind === 'label';

/**
 * Writes an association the way HubSpot does: labels replace the labels held, a primary brings the unlabeled type
 * along and takes the primary from any other record (facts 5).
 */
export function commitLink(call: Call, wish: LinkWish): void {
  const { from, fromId, to, toId } = wish;
  const known = linkTypes(call.portal.links, from, to);
  const ofKey = (key: string): LinkType | undefined => known.find((type) => type.key === key);
  const held = linkKeys(call.portal.links, from, fromId, to, toId).flatMap((key) => ofKey(key) ?? []);
  const types = withFirstPrimary(call, wish, known, held);
  const kept = types.some(isLabel) ? held.filter((type) => !isLabel(type)) : held;
  const unlabeled = known.find((type) => type.kind === 'unlabeled');
  const keys = new Set([
    ...(unlabeled ? [unlabeled.key] : []),
    ...kept.map(({ key }) => key),
    ...types.map(({ key }) => key),
  ]);
  const primary = types.find((type) => type.kind === 'primary');
  if (primary) demoteOthers(call, wish, primary);
  if (sameKeys(keys, held)) return;
  call.write({ do: 'link', from, fromId, to, toId, keys: [...keys] });
}

function sameKeys(keys: ReadonlySet<string>, held: LinkType[]): boolean {
  return keys.size === held.length && held.every(({ key }) => keys.has(key));
}

/** By switch, the first company of a contact or deal is its primary one without being asked. */
function withFirstPrimary(call: Call, wish: LinkWish, known: LinkType[], held: LinkType[]): LinkType[] {
  const primary = known.find((type) => type.kind === 'primary');
  const first =
    held.length === 0 &&
    wish.to === '0-2' &&
    linksOf(call.portal.links, wish.from, wish.fromId, wish.to).size === 0;
  if (!call.settings.switches.firstCompanyBecomesPrimary || !primary || !first) return wish.types;
  return wish.types.includes(primary) ? wish.types : [...wish.types, primary];
}

/** A contact, deal or ticket has one primary company; written from either side. */
function demoteOthers(call: Call, wish: LinkWish, primary: LinkType): void {
  const toCompany = wish.to === '0-2';
  const [owner, ownerId, other, keep, key] = toCompany
    ? [wish.from, wish.fromId, wish.to, wish.toId, primary.key]
    : [wish.to, wish.toId, wish.from, wish.fromId, primary.inverse];
  for (const [id, keys] of linksOf(call.portal.links, owner, ownerId, other)) {
    if (id === keep || !keys.includes(key)) continue;
    const rest = keys.filter((held) => held !== key);
    call.write({ do: 'link', from: owner, fromId: ownerId, to: other, toId: id, keys: rest });
  }
}

/** Takes types away from an association; taking the unlabeled one ends it (facts 5). */
export function removeTypes(call: Call, wish: LinkWish): void {
  const { from, fromId, to, toId } = wish;
  const held = linkKeys(call.portal.links, from, fromId, to, toId);
  if (held.length === 0) return;
  const ends = wish.types.some((type) => type.kind === 'unlabeled');
  const gone = new Set(wish.types.map(({ key }) => key));
  const keys = ends ? [] : held.filter((key) => !gone.has(key));
  call.write({ do: 'link', from, fromId, to, toId, keys });
}
