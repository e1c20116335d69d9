import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { takeSlot, voidSlot, type SlotAnswer, type SlotWish } from '../../db/quota/quotaSlots';

/** Longest sleep between two questions: a limit that rose or a pause that ended is noticed after this. */
const askAgainMsMax = 500;

interface SlotQueue {
  /** Settles when the call before has its slot. */
  last: Promise<unknown>;
  /** By `performance.now()`; before this no slot is free, as far as this process knows. */
  askFrom: number;
}

/** Calls of one process queue here, one of them asks the database: many workers cost few questions. */
const queues = new WeakMap<Pool, Map<string, SlotQueue>>();

export type TakenSlot = Extract<SlotAnswer, { kind: 'slot' }>;

/**
 * Waits until it is this call's turn and its slot's time has come. Calls of a process take their slots in order, each
 * lane in a queue of its own.
 * @param mayStart asked again and again: who may no longer call stops waiting
 * @returns the slot, spent; 'late': it passed unused, ask anew; 'stopped': `mayStart` said no; or the day's end
 */
export async function waitForSlot(
  pool: Pool,
  wish: SlotWish,
  mayStart: () => boolean,
): Promise<TakenSlot | 'late' | 'stopped' | Extract<SlotAnswer, { kind: 'dayEnded' }>> {
  const queue = queueOf(pool, wish);
  const turn = queue.last.then(() => ask(pool, queue, wish, mayStart));
  queue.last = turn.catch(() => undefined);
  const answer = await turn;
  if (answer === 'stopped' || answer.kind === 'dayEnded') return answer;
  const due = performance.now() + answer.waitMs;
  if (answer.waitMs >= 1) await sleep(answer.waitMs);
  // A process that was busy or stopped wakes up late: its calls would come in a heap.
  if (performance.now() - due <= answer.lateMsMax) return answer;
  await voidSlot(pool, answer.spentId);
  return 'late';
}

async function ask(
  pool: Pool,
  queue: SlotQueue,
  wish: SlotWish,
  mayStart: () => boolean,
): Promise<Exclude<SlotAnswer, { kind: 'later' }> | 'stopped'> {
  for (;;) {
    const early = Math.min(queue.askFrom - performance.now(), askAgainMsMax);
    if (early >= 1) await sleep(early);
    if (!mayStart()) return 'stopped';
    const answer = await takeSlot(pool, wish);
    if (answer.kind !== 'later') return answer;
    queue.askFrom = performance.now() + Math.max(1, answer.waitMs);
  }
}

function queueOf(pool: Pool, { portalId, bucket, lane }: SlotWish): SlotQueue {
  let ofPool = queues.get(pool);
  if (!ofPool) queues.set(pool, (ofPool = new Map()));
  const name = `${portalId}/${bucket}/${lane}`;
  let queue = ofPool.get(name);
  if (!queue) ofPool.set(name, (queue = { last: Promise.resolve(), askFrom: 0 }));
  return queue;
}
