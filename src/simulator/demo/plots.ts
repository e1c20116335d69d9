/**
 * Which situation each person lives in. People come in blocks of 50; every block holds every situation once,
 * so that a world of 5,000 has 100 of each and a world of 100 already has two.
 */

/** Situations of several people: their members follow each other in the block. */
export const groupPlots = { familyPhone: 2, switchboard: 5, listedMailbox: 5, unlistedMailbox: 5 } as const;
export type GroupPlot = keyof typeof groupPlots;

/** Situations of one person. */
export const singlePlots = [
  'mailboxOwner',
  'emailChanged',
  'emailChangedPortal',
  'emailChangedChain',
  'secondaryEmail',
  'secondaryIsCurrent',
  'portalByPhone',
  'portalByMobile',
  'duplicateInWarehouse',
  'duplicateSubscription',
  'repeatedLine',
  'phoneClash',
  'valueClash',
  'optOutClash',
  'optOutPortal',
  'controlCharacters',
  'laterStage',
  'faulty',
  'faultyToo',
  'unknownCompany',
  'unknownCustomer',
  'sparse',
  'decomposedAccents',
] as const;
export type SinglePlot = (typeof singlePlots)[number];
export type Plot = GroupPlot | SinglePlot | 'plain';

export interface Place {
  plot: Plot;
  /** Number of the block, and the person's place inside the situation (0 for situations of one). */
  block: number;
  member: number;
  /** Index of the situation's first person. */
  first: number;
}

export const blockSize = 50;

const layout: { plot: Plot; member: number; size: number }[] = [
  ...Object.entries(groupPlots).flatMap(([plot, size]) =>
    Array.from({ length: size }, (_, member) => ({ plot: plot as Plot, member, size })),
  ),
  ...singlePlots.map((plot) => ({ plot, member: 0, size: 1 })),
];

/** The situation of one person; a group that the world's end would cut becomes plain people. */
export function placeOf(index: number, people: number): Place {
  const block = Math.floor(index / blockSize);
  const found = layout[index % blockSize];
  const first = index - (found?.member ?? 0);
  if (!found || first + found.size > people) return { plot: 'plain', block, member: 0, first: index };
  return { plot: found.plot, block, member: found.member, first };
}
