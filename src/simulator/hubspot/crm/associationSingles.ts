import { defaultResults, defaultTypes, endsOf, linkId, linkPage } from './associationBatches';
import { asArray, param, type Call, type Reply } from '../call';
import { readTypes } from './linkSpecs';
import { commitLink, type LinkWish } from './linkWrites';
import { linkKeys } from './links';
import { notFound, Rejected } from '../rejection';
import { liveRecord } from './recordTable';

function wishOf(call: Call, types: LinkWish['types'] | Rejected['rejection']): LinkWish {
  const { from, to } = endsOf(call);
  if ('status' in types) throw new Rejected(types);
  const fromId = param(call, 'fromId');
  const toId = param(call, 'toId');
  if (!liveRecord(from, fromId) || !liveRecord(to, toId)) throw new Rejected(notFound());
  return { from: from.typeId, fromId, to: to.typeId, toId, types };
}

/** PUT .../associations/default/{to}/{id}: the unlabeled association; idempotent. */
export function linkDefault(call: Call): Reply {
  const { from, to } = endsOf(call);
  const wish = wishOf(call, defaultTypes(call, from, to));
  commitLink(call, wish);
  const time = new Date(call.stamp.at).toISOString();
  return {
    status: 200,
    body: { status: 'COMPLETE', results: defaultResults(wish), startedAt: time, completedAt: time },
  };
}

/** PUT .../associations/{to}/{id} with a list of types: 201. */
export function linkLabelled(call: Call): Reply {
  const { from, to } = endsOf(call);
  const wish = wishOf(call, readTypes(call, from.typeId, to.typeId, asArray(call.body, 'the request body')));
  commitLink(call, wish);
  return {
    status: 201,
    body: {
      fromObjectTypeId: wish.from,
      fromObjectId: linkId(call, wish.fromId),
      toObjectTypeId: wish.to,
      toObjectId: linkId(call, wish.toId),
      labels: wish.types.flatMap(({ label }) => label ?? []),
    },
  };
}

/** DELETE .../associations/{to}/{id}: 204, also when there was none. */
export function unlink(call: Call): Reply {
  const { from, to } = endsOf(call);
  const [fromId, toId] = [param(call, 'fromId'), param(call, 'toId')];
  if (linkKeys(call.portal.links, from.typeId, fromId, to.typeId, toId).length > 0) {
    call.write({ do: 'link', from: from.typeId, fromId, to: to.typeId, toId, keys: [] });
  }
  return { status: 204 };
}

/** GET .../associations/{to}: one record's associations, 500 per page. */
export function readLinks(call: Call): Reply {
  const ends = endsOf(call);
  const fromId = param(call, 'fromId');
  if (!liveRecord(ends.from, fromId)) throw new Rejected(notFound());
  const limit = Math.min(Math.max(1, Number(call.query.get('limit') ?? 500)), 500);
  const { to, next } = linkPage(call, ends, fromId, call.query.get('after') ?? '0', limit);
  return { status: 200, body: { results: to, ...(next && { paging: { next: { after: next } } }) } };
}
