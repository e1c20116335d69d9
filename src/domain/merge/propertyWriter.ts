import type { Editor } from '../record';

/** One version of a property as HubSpot's history holds it (facts §6). */
export interface PropertyVersion {
  value: string;
  /** An ISO instant. */
  at: string;
  sourceType: string | null;
  sourceId: string | null;
  userId: number | null;
}

/** Where people type. An import names its user or was made by HubSpot itself. */
const personTypes = new Set([
  'CRM_UI',
  'CRM_UI_BULK_ACTION',
  'CONTACTS_WEB',
  'MOBILE_IOS',
  'MOBILE_ANDROID',
  'EXTENSION',
]);
/** Calls of the API, ours among them: only the id tells the apps apart. */
const apiTypes = new Set(['INTEGRATION', 'API']);
/** Integrations that HubSpot itself runs for other systems: never us. */
const syncTypes = new Set(['INTEGRATIONS_PLATFORM', 'INTEGRATIONS_SYNC', 'SALESFORCE']);

/**
 * Who wrote a version. Whether a call of the API was ours is known only once our own writer is; until then it is
 * nobody's will (`other`), so that our own write never looks like an edit.
 * @param own our own writers (`writerOf`)
 */
export function editorOf(version: PropertyVersion, own: ReadonlySet<string>): Editor | 'ours' {
  const { sourceType, sourceId, userId } = version;
  if (sourceType === null) return 'other';
  if (own.has(writerOf(version))) return 'ours';
  if (apiTypes.has(sourceType)) return own.size > 0 && sourceId !== null ? 'integration' : 'other';
  if (syncTypes.has(sourceType)) return 'integration';
  if (personTypes.has(sourceType)) return 'person';
  const isUsers = userId !== null || (sourceId ?? '').startsWith('userId:');
  return sourceType === 'IMPORT' && isUsers ? 'person' : 'other';
}

/** A writer as one text: `CRM_UI userId:17`, `INTEGRATION 4711`. */
export function writerOf({ sourceType, sourceId }: PropertyVersion): string {
  return [sourceType, sourceId].filter((part) => part !== null).join(' ');
}

/**
 * Our own writers, from the history of our own property: nobody else writes it (a person may touch it, a merge copies
 * it: only calls of the API count).
 */
export function ownWriters(versions: readonly PropertyVersion[]): string[] {
  return [
    ...new Set(
      versions
        .filter(
          ({ value, sourceType, sourceId }) =>
            value !== '' && sourceId !== null && apiTypes.has(sourceType ?? ''),
        )
        .map(writerOf),
    ),
  ];
}
