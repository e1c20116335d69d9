/** A lane that has work now: whoever made it, rings it. The names are those of the workflows. */
export type LaneBell =
  | { lane: 'consolidate'; objectType: string }
  | { lane: 'deliver'; urgency: 'realtime' | 'bulk' }
  | { lane: 'writeBack'; target: string };

/** Each lane once. */
export function distinctBells(bells: LaneBell[]): LaneBell[] {
  return [...new Map(bells.map((bell) => [JSON.stringify(bell), bell])).values()];
}
