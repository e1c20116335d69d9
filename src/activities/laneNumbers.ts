/** Lanes as numbers, most urgent first. */
export const laneNumbers = { realtime: 0, partner: 1, bulk: 2 } as const;
