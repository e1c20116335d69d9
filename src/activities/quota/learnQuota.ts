import type { Pool } from 'pg';
import type { QuotaBucket } from '../../db/quota/quota';
import { blockBucket, endDay, learnDay, learnLimit } from '../../db/quota/quotaLearning';
import type { HubSpotReply, HubSpotRequest } from '../../hubspot/client';
import { classifyFailure } from '../../hubspot/failure';

/** What every reply repeats is stored this often per process and bucket; a limit that differs is stored at once. */
const learnEveryMs = 500;

/** With so few calls left in HubSpot's window it is nearly broken: then it is looked at more often. */
const edgeCalls = 1;
const learnAtEdgeEveryMs = 50;

/** Where a 429 names no delay. */
const blockMsDefault = 1_000;

/** Limits outside of these are no limits of HubSpot's: such headers are not believed. */
const windowMs = { min: 100, max: 24 * 60 * 60 * 1_000 };

interface Learned {
  told: string;
  at: number;
}

const learned = new WeakMap<Pool, Map<string, Learned>>();

/** Corrects a portal's buckets by what a reply says: its headers (facts §2.2), or its refusal (§2.3). */
export async function learnFromReply(
  pool: Pool,
  portalId: string,
  request: HubSpotRequest,
  reply: HubSpotReply,
  callMs: number,
): Promise<void> {
  await learnFromHeaders(pool, portalId, request.bucket, reply, callMs);
  if (reply.status !== 429) return;
  const verdict = classifyFailure(reply);
  if (verdict.until === 'dailyReset') return endDay(pool, portalId);
  const blocked = new Set<QuotaBucket>([request.bucket]);
  // Search is exempt from the ten-second window; where HubSpot says that it is not, both are.
  if (/ten_?secondly/i.test(verdict.policyName ?? '') && request.bucket === 'search') blocked.add('burst');
  const ms = verdict.afterMs ?? blockMsDefault;
  const edgeMs = reply.headers.retryAfterMs === null ? ms / 10 : ms;
  for (const bucket of blocked) {
    const isTold = bucket === 'burst' && request.bucket === bucket && reply.headers.max !== null;
    await blockBucket(pool, portalId, bucket, ms, { edgeMs, isTold });
  }
}

async function learnFromHeaders(
  pool: Pool,
  portalId: string,
  bucket: HubSpotRequest['bucket'],
  { headers, status }: HubSpotReply,
  callMs: number,
): Promise<void> {
  const { max, intervalMs, daily, dailyRemaining } = headers;
  const told = `${max}/${intervalMs}/${daily}`;
  const before = learnedOf(pool).get(`${portalId}/${bucket}`);
  const isAtEdge = bucket === 'burst' && headers.remaining !== null && headers.remaining <= edgeCalls;
  const isNews =
    before?.told !== told ||
    performance.now() - before.at >= learnEveryMs ||
    (isAtEdge && performance.now() - before.at >= learnAtEdgeEveryMs) ||
    status === 429;
  if (!isNews) return;
  learnedOf(pool).set(`${portalId}/${bucket}`, { told, at: performance.now() });
  // Search replies carry no headers; if one did, they would be those of another window.
  const isWindow = intervalMs !== null && intervalMs >= windowMs.min && intervalMs <= windowMs.max;
  if (bucket !== 'search' && max !== null && max > 0 && isWindow) {
    // Whether association calls tell of their own window or of the burst one is uncertain (docs/uncertain.md).
    const isOwn = bucket === 'burst';
    const callsMax = isOwn ? max : associationsLimit(max);
    const remaining = isOwn ? headers.remaining : null;
    await learnLimit(pool, { portalId, bucket, callsMax, windowMs: intervalMs, remaining, callMs });
  }
  if (daily !== null && dailyRemaining !== null && daily > 0) {
    await learnDay(pool, portalId, { callsMax: daily, remaining: dailyRemaining });
  }
}

/** 100, 150 or, with the add-on, 200 calls (facts §2.1), whether the headers tell this or the burst limit beside it. */
function associationsLimit(told: number): number {
  return told >= 200 ? 200 : Math.min(told, 150);
}

function learnedOf(pool: Pool): Map<string, Learned> {
  let ofPool = learned.get(pool);
  if (!ofPool) learned.set(pool, (ofPool = new Map()));
  return ofPool;
}
