/** Names of what is logged as `event`, for people who search and count; once published they stay. */
export const logEvents = {
  syncStarted: 'sync_started',
  syncCompleted: 'sync_completed',
  syncFailed: 'sync_failed',
  sourceStarted: 'source_started',
  sourceCompleted: 'source_completed',
  sourceFailed: 'source_failed',
  sourceSkipped: 'source_skipped',
  pageExtracted: 'page_extracted',
  sliceConsolidated: 'slice_consolidated',
  waveDelivered: 'wave_delivered',
  problemStored: 'problem_stored',
  callFailed: 'hubspot_call_failed',
  rateLimited: 'hubspot_rate_limited',
  quotaLow: 'quota_low',
  portalPaused: 'portal_paused',
  portalResumed: 'portal_resumed',
  schedulesApplied: 'schedules_applied',
  configLoaded: 'config_loaded',
  configRefused: 'config_refused',
  migrated: 'database_migrated',
  processStarted: 'process_started',
  processStopped: 'process_stopped',
} as const;

export type LogEvent = (typeof logEvents)[keyof typeof logEvents];
