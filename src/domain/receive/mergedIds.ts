/** The property in which HubSpot lists the ids of the records that one absorbed, separated by `;` (facts §4.3). */
export const mergedIdsProperty = 'hs_merged_object_ids';

/** The ids of the records that were merged into one with these properties. */
export function mergedIdsOf(properties: Readonly<Record<string, string | null | undefined>>): string[] {
  return (properties[mergedIdsProperty] ?? '')
    .split(';')
    .map((id) => id.trim())
    .filter((id) => id !== '');
}
