import type { SetupPortalResult } from '../workflows/contracts';
import { plural } from './commandContext';

/** What a set-up did, for people. */
export function setupText({ portalId, created, existing, faults }: SetupPortalResult): string {
  const made = created.length > 0 ? `created ${created.join(', ')}` : 'nothing to create';
  const lines = [
    `portal ${portalId}: ${made}; ${plural(existing.length, 'property').replace('propertys', 'properties')} there already`,
  ];
  return [...lines, ...faults.map((fault) => `  fault: ${fault}`)].join('\n');
}
