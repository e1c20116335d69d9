import type { Rejection } from '../rejection';
import type { Portal } from '../portal';

const familyByType: Record<string, string> = {
  '0-1': 'contacts',
  '0-2': 'companies',
  '0-3': 'deals',
  '0-5': 'tickets',
};
const families = ['contacts', 'companies', 'deals', 'custom'] as const;

/** Every scope that a fresh token has. */
export const allScopes: readonly string[] = [
  ...families.flatMap((family) =>
    ['objects', 'schemas'].flatMap((kind) =>
      ['read', 'write'].map((verb) => `crm.${kind}.${family}.${verb}`),
    ),
  ),
  'crm.objects.owners.read',
  'tickets',
  'oauth',
];

/** The scope that a call needs, undefined when it needs none. */
export function scopeOf(
  portal: Portal,
  api: string,
  write: boolean,
  params: Record<string, string>,
): string | undefined {
  if (api === 'owners') return 'crm.objects.owners.read';
  if (api === 'schemas') return `crm.schemas.custom.${write ? 'write' : 'read'}`;
  const name = params['type'] ?? params['from'];
  if (name === undefined) return undefined;
  const family = familyByType[portal.names.get(name.toLowerCase()) ?? ''] ?? 'custom';
  if (family === 'tickets') return 'tickets';
  const kind = api === 'properties' ? 'schemas' : 'objects';
  return `crm.${kind}.${family}.${write ? 'write' : 'read'}`;
}

/** 403 with the scopes that would do (facts 3.5). */
export function missingScope(scope: string): Rejection {
  const message =
    "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.";
  return {
    status: 403,
    category: 'MISSING_SCOPES',
    message,
    errors: [
      {
        message: 'One or more of the following scopes are required.',
        context: { requiredGranularScopes: [scope] },
      },
    ],
  };
}
