import { clearSettledEvents, waitingInboxes } from '../db/staging/inbox';
import { endExpiredPins } from '../db/golden/pins';
import { listPortals } from '../db/portals';
import { clearLapsedQuota } from '../db/quota/quota';
import { hubspotSource } from '../domain/record';
import { objectTypesOf, type ActivityContext } from './context';
import { targetNames } from './writeBack/targetSettings';

/** Rings every lane that has work, and clears what has lapsed: a lost bell costs a minute, not data. */
export function createTick(context: ActivityContext) {
  return async function ringLanes(): Promise<{ rung: number }> {
    const { pool, settings, doorbell } = context;
    await clearLapsedQuota(pool);
    await endExpiredPins(pool);
    await pool.query('delete from gatherings where until < now()');
    await clearSettledEvents(pool);
    let rung = 0;
    for (const portalId of await waitingInboxes(pool)) {
      await doorbell.receive(portalId);
      rung += 1;
    }
    const followed = new Set(settings.portals.filter(({ journal }) => journal).map(({ name }) => name));
    for (const { portalId, name } of await listPortals(pool)) {
      if (followed.has(name)) {
        await doorbell.followJournal(portalId);
        rung += 1;
      }
      const { rows: due } = await pool.query<{ object_type: string }>(
        `select distinct object_type from staged_records where portal_id = $1 and due_at is not null`,
        [portalId],
      );
      const configured = new Set(objectTypesOf({ settings }));
      for (const { object_type: objectType } of due.filter((row) => configured.has(row.object_type))) {
        await doorbell.consolidate(portalId, objectType);
        rung += 1;
      }
      const { rows: lanes } = await pool.query<{ lane: number }>(
        `select distinct least(lane, 1) as lane from outbox where portal_id = $1 and target = 'hubspot' and not parked
         union select 1 from golden_associations where portal_id = $1 and due and not parked
         union select 1 from delivery_batches where portal_id = $1 and target = 'hubspot'`,
        [portalId],
      );
      for (const { lane } of lanes) {
        await doorbell.deliver(portalId, lane === 0 ? 'realtime' : 'bulk');
        rung += 1;
      }
      const { rows: waiting } = await pool.query<{ target: string }>(
        `select target from outbox where portal_id = $1 and target <> 'hubspot' and not parked
         union select target from delivery_batches where portal_id = $1 and target <> 'hubspot'`,
        [portalId],
      );
      const targets = await targetNames(context, portalId);
      for (const { target } of waiting.filter((row) => targets.includes(row.target))) {
        await doorbell.writeBack(portalId, target);
        rung += 1;
      }
    }
    context.log.debug({ event: 'tick', rung, source: hubspotSource }, 'lanes rung');
    return { rung };
  };
}
