import { delivery, hubspotEvent, startWebhooks, type WebhookApi } from './startWebhooks';

jest.setTimeout(60_000);

let api: WebhookApi;
afterEach(() => api.close());

async function storedKeys(): Promise<string[]> {
  const { rows } = await api.pool.query<{ record_key: string }>('select record_key from inbox_events');
  return rows.map((row) => row.record_key);
}

/** Sends deliveries while the table is locked; `arrive` ends when so many are in, `free` unlocks. */
async function rush() {
  let arrived = 0;
  api = await startWebhooks({
    now: () => {
      arrived += 1;
      return new Date();
    },
  });
  const locker = await api.pool.connect();
  await locker.query('begin; lock table inbox_events in access exclusive mode');
  return {
    send: (deliveries: ReturnType<typeof delivery>[]) =>
      Promise.all(deliveries.map((request) => api.ask(...request))),
    async arrive(count: number) {
      while (arrived < count) await new Promise(setImmediate);
    },
    async free() {
      await locker.query('rollback');
      locker.release();
    },
  };
}

test('requests that share an insert are each answered when their events are stored, and what they repeat is one', async () => {
  const { send, arrive, free } = await rush();
  const repeated = hubspotEvent({ objectId: 1_000 });
  const replies = send(
    Array.from({ length: 12 }, (_, objectId) => delivery([hubspotEvent({ objectId }), repeated])),
  );
  await arrive(12);
  expect(api.rings).toEqual([]);
  await free();
  expect((await replies).map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200));
  expect((await storedKeys()).map(Number).sort((a, b) => a - b)).toEqual([
    ...Array.from({ length: 12 }, (_, objectId) => objectId),
    1_000,
  ]);
  const { text } = await api.ask('/metrics');
  for (const [outcome, count] of Object.entries({ stored: 13, repeated: 11 })) {
    expect(text).toContain(
      `middleware_webhook_events_total{endpoint="hubspot",outcome="${outcome}"} ${count}\n`,
    );
  }
  // Four went at once, the other eight together.
  expect(api.rings).toHaveLength(5);
});

test('nothing that an event can hold fails the requests that share its insert', async () => {
  const { send, arrive, free } = await rush();
  const odd = ['\0', '\ud800', '9'.repeat(400), -1, 1.5, 2 ** 60, 253_402_300_799_999, '0', '', {}, [], true];
  const fields = [
    ...['portalId', 'objectId', 'occurredAt', 'eventId', 'propertyName', 'changeSource', 'objectTypeId'],
    ...['subscriptionType', 'associationType', 'fromObjectId', 'toObjectId', 'fromObjectTypeId'],
    ...['toObjectTypeId', 'primaryObjectId', 'newObjectId', 'associationRemoved'],
  ];
  const kinds = ['contact.propertyChange', 'object.merge', 'object.associationChange'];
  const oddities = fields.flatMap((field) =>
    odd.flatMap((value) =>
      kinds.map((subscriptionType) =>
        hubspotEvent({ objectTypeId: '0-1', subscriptionType, toObjectId: 7, [field]: value }),
      ),
    ),
  );
  const replies = send([
    ...[0, 1, 2, 3].map((objectId) => delivery([hubspotEvent({ objectId })])),
    delivery(oddities),
    delivery([hubspotEvent({ objectId: 4 })]),
  ]);
  await arrive(6);
  await free();
  expect((await replies).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(await storedKeys()).toEqual(
    expect.arrayContaining(['0', '1', '2', '3', '4', '501', '253402300799999']),
  );
});
