/** What HubSpot does wrong, as its simulator is told, and what it meets: writes of records, of associations, or reads. */
export interface FaultKind {
  name: string;
  meets: 'writes' | 'anyCall';
  order: Record<string, unknown>;
}

/** Call numbers count the calls whose path fits. */
export const paths = {
  writes: 'batch/(upsert|update|create|archive|labels/archive)$',
  anyCall: '/crm/(objects/|associations/.*/batch/)',
} as const;

/** The calls that blows are counted by: those of records. The many reads of definitions come before them. */
export const countedPath = new RegExp(paths.anyCall);

const limited = { status: 'error', errorType: 'RATE_LIMIT', policyName: 'TEN_SECONDLY_ROLLING' };

/** A reply later than the deadline of a call. */
export const slowMs = 3_500;

export const faultKinds: readonly FaultKind[] = [
  { name: 'reset before commit', meets: 'writes', order: { do: 'resetBeforeCommit' } },
  { name: 'reset after commit', meets: 'writes', order: { do: 'resetAfterCommit' } },
  { name: 'reset of any call', meets: 'anyCall', order: { do: 'resetBeforeCommit' } },
  { name: '429', meets: 'anyCall', order: { do: 'status', status: 429, body: limited } },
  {
    name: '429 with Retry-After',
    meets: 'anyCall',
    order: { do: 'status', status: 429, body: limited, headers: { 'Retry-After': '1' } },
  },
  { name: '423', meets: 'writes', order: { do: 'status', status: 423 } },
  { name: '477', meets: 'writes', order: { do: 'status', status: 477, headers: { 'Retry-After': '2' } } },
  { name: '500', meets: 'writes', order: { do: 'status', status: 500 } },
  { name: '502 HTML', meets: 'writes', order: { do: 'html', status: 502 } },
  { name: '504', meets: 'writes', order: { do: 'status', status: 504 } },
  { name: 'slow before commit', meets: 'writes', order: { do: 'slow', delayMs: slowMs } },
  { name: 'slow after commit', meets: 'writes', order: { do: 'slowAfterCommit', delayMs: slowMs } },
  { name: 'partial 207', meets: 'writes', order: { do: 'partial207', failEvery: 3 } },
  { name: 'empty 200 before commit', meets: 'writes', order: { do: 'empty200BeforeCommit' } },
  { name: 'empty 200 after commit', meets: 'writes', order: { do: 'empty200AfterCommit' } },
  { name: 'truncated reply', meets: 'writes', order: { do: 'truncatedAfterCommit' } },
  { name: '401 expired', meets: 'anyCall', order: { do: 'status', status: 401 } },
];

/** What happens to our own processes and lines, and to HubSpot's token and clock. */
export const blowKinds = [
  'kill worker',
  'kill worker at failpoint',
  'kill Temporal',
  'kill Postgres',
  'stop worker',
  'cut to Temporal',
  'token expires',
  'clock ahead',
  'clock behind',
] as const;
export type BlowKind = (typeof blowKinds)[number];
