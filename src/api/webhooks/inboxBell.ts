import type { ApiDeps } from '../deps';
import { ringLanes } from '../ringLanes';

/** One ring per portal and window: what arrives meanwhile is read together (DESIGN §3). */
const windowMs = 1_000;

export interface InboxBell {
  /** Tells that a portal's inbox has new events; returns at once, whatever Temporal does. */
  ring(portalId: string, events: number): void;
  /** Rings what is still to be rung, and waits for what is under way (5 s at most): for the end of the process. */
  settle(): Promise<void>;
}

/**
 * The doorbell of `receive`: the first event rings at once, those of the following second once at its end. A lost ring
 * costs a minute (`tick`), never an event.
 */
export function createInboxBell(deps: Pick<ApiDeps, 'temporal' | 'taskQueue' | 'log'>): InboxBell {
  /** Portals whose window is open, each with its events since the ring. */
  const waiting = new Map<string, number>();

  /** Rings under way. */
  const sending = new Set<Promise<unknown>>();

  async function send(portalId: string, events: number): Promise<void> {
    deps.log.info({ event: 'events_received', portalId, events }, 'events are in the inbox');
    const rung = ringLanes(deps, portalId, [{ lane: 'receive' }]);
    sending.add(rung);
    await rung.finally(() => sending.delete(rung));
  }

  /** At most one ring of a portal is under way: a slow Temporal makes the window longer. */
  async function open(portalId: string, events: number): Promise<void> {
    for (let more = events; more > 0; more = waiting.get(portalId) ?? 0) {
      waiting.set(portalId, 0);
      const pause = new Promise<void>((resolve) => setTimeout(resolve, windowMs).unref());
      await Promise.all([send(portalId, more), pause]);
    }
    waiting.delete(portalId);
  }

  return {
    ring(portalId, events) {
      const before = waiting.get(portalId);
      if (before === undefined) void open(portalId, events);
      else waiting.set(portalId, before + events);
    },
    async settle() {
      const rest = [...waiting].filter(([, events]) => events > 0);
      waiting.clear();
      await Promise.all([...sending, ...rest.map(([portalId, events]) => send(portalId, events))]);
    },
  };
}
