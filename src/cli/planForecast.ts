import type { ObjectPlan, PairPlan } from '../db/staging/readPlan';
import { idealCalls } from './callReport';

export interface QuotaLimit {
  bucket: string;
  callsMax: number;
  windowMs: number;
}

export interface PlanForecast {
  recordCalls: number;
  associationCalls: number;
  calls: number;
  /** At the portal's limits; null while they are unknown. */
  durationMs: number | null;
}

/** The calls that a plan needs, and how long they take when nothing else uses the portal's quota. */
export function forecastPlan(
  { objects, associations }: { objects: ObjectPlan[]; associations: PairPlan[] },
  limits: readonly QuotaLimit[],
): PlanForecast {
  const recordCalls = objects.reduce(
    (total, { creates, updates, archives }) =>
      total + idealCalls('create', creates) + idealCalls('update', updates) + idealCalls('archive', archives),
    0,
  );
  const associationCalls = associations.reduce(
    (total, { associate, dissociate }) =>
      total + idealCalls('associate', associate) + idealCalls('dissociate', dissociate),
    0,
  );
  const recordsMs = callsMs(recordCalls, 'burst', limits);
  const associationsMs = callsMs(associationCalls, 'associations', limits);
  return {
    recordCalls,
    associationCalls,
    calls: recordCalls + associationCalls,
    // Associations wait for the records whose ids they need.
    durationMs: recordsMs === null || associationsMs === null ? null : recordsMs + associationsMs,
  };
}

function callsMs(calls: number, bucket: string, limits: readonly QuotaLimit[]): number | null {
  if (calls === 0) return 0;
  const limit = limits.find((candidate) => candidate.bucket === bucket);
  return limit && limit.callsMax > 0 ? Math.ceil((calls * limit.windowMs) / limit.callsMax) : null;
}

/** `3 min 20 s`, for people. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
