import { createHmac } from 'node:crypto';
import { sourceSecret, startWebhooks, type WebhookApi } from './startWebhooks';

let api: WebhookApi;
beforeAll(async () => {
  api = await startWebhooks();
});
afterAll(() => api.close());
beforeEach(async () => {
  await api.pool.query('truncate inbox_events');
  api.rings.length = 0;
});

function push(path: string, records: unknown, headers: Record<string, string> = {}): [string, RequestInit] {
  const body = typeof records === 'string' ? records : JSON.stringify(records);
  const signature = createHmac('sha256', sourceSecret).update(body).digest('hex');
  return [
    `/webhooks/sources/${path}`,
    { method: 'POST', body, headers: { 'X-Signature': `sha256=${signature}`, ...headers } },
  ];
}

function timed(records: unknown, at: number | string): [string, RequestInit] {
  const body = JSON.stringify(records);
  const signature = createHmac('sha512', sourceSecret).update(`${at}.${body}`).digest('base64');
  return [
    '/webhooks/sources/shop',
    { method: 'POST', body, headers: { 'X-Shop-Hmac': signature, 'X-Shop-Time': String(at) } },
  ];
}

function named(record: unknown, id: string, at: number): [string, RequestInit] {
  const body = JSON.stringify(record);
  const signature = createHmac('sha256', sourceSecret).update(`${id}.${at}.${body}`).digest('hex');
  const headers = { 'X-Signature': signature, 'X-Stall-Id': id, 'X-Stall-Time': String(at) };
  return ['/webhooks/sources/stall', { method: 'POST', body, headers }];
}

async function stored(): Promise<Record<string, unknown>[]> {
  const { rows } = await api.pool.query<Record<string, unknown>>(
    `select portal_id, source, kind, stream, record_key, lane, payload, occurred_at from inbox_events
     order by portal_id, record_key`,
  );
  return rows;
}

test('a record goes into the inbox of every portal, as it is, urgent, with the time it says itself', async () => {
  const record = { id: 7, name: 'Ann', changed: '2026-11-01T10:00:00Z', big: 1, odd: 'a\u0000b' };
  const body = JSON.stringify(record).replace('"big":1', '"big":12345678901234567890');
  const reply = await api.ask(...push('crm/people', body));
  expect([reply.status, reply.json]).toEqual([200, { accepted: 1, refused: [] }]);
  const payload = { ...record, big: '12345678901234567890', odd: 'ab' };
  expect(await stored()).toEqual(
    ['100', '200'].map((portal_id) => ({
      ...{ portal_id, source: 'crm', kind: 'pushed', stream: 'people', record_key: '7', lane: 0, payload },
      occurred_at: new Date('2026-11-01T10:00:00Z'),
    })),
  );
  expect(api.rings.map(({ portalId }) => portalId).sort()).toEqual(['100', '200']);
});

test('a list, its stream in the query, a key of two fields; of one key the last record counts', async () => {
  const firm = (id: number, name: string) => ({ firm: { id, country: 'GB' }, name });
  const reply = await api.ask(...push('crm?stream=firms', [firm(1, 'old'), firm(2, 'b'), firm(1, 'new')]));
  expect(reply.json).toEqual({ accepted: 2, refused: [] });
  const rows = (await stored()).filter((row) => row['portal_id'] === '100');
  expect(rows.map((row) => [row['record_key'], (row['payload'] as { name: string }).name])).toEqual([
    ['1|GB', 'new'],
    ['2|GB', 'b'],
  ]);
});

test.each([501, 7_000, 100_000])(
  'a record nested %i deep is refused by its place; the others are taken',
  async (depth) => {
    const deep = `{"id":2,"deep":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    const { status, json } = await api.ask(...push('crm/people', `[{"id":1},${deep},{"id":3,"deep":[[]]}]`));
    expect(status).toBe(200);
    expect(json).toEqual({ accepted: 2, refused: [{ pointer: '#/1', detail: 'it is nested too deep' }] });
    expect((await stored()).map(({ record_key }) => record_key)).toEqual(['1', '3', '1', '3']);
  },
);

test('of one key the record that changed last counts, in whatever order they come', async () => {
  const person = (name: string, changed?: string) => ({ id: 1, name, ...(changed && { changed }) });
  const [early, late] = ['2026-11-01T10:00:00Z', '2026-11-01T11:00:00+00:00'];
  for (const [records, then] of [
    [[person('new', late), person('old', early)], 'new'],
    [[person('old', early), person('new', late)], 'new'],
    [[person('first', early), person('second', early)], 'second'],
    [[person('old', early), person('of now')], 'of now'],
    [[person('ahead', '9999-12-31T00:00:00Z'), person('of now')], 'of now'],
  ] as const) {
    await api.pool.query('truncate inbox_events');
    expect((await api.ask(...push('crm/people', records))).json).toEqual({ accepted: 1, refused: [] });
    expect((await stored()).map(({ payload }) => (payload as { name: string }).name)).toEqual([then, then]);
  }
});

test('what cannot be used is refused by its place; the others are taken', async () => {
  const long = 'k'.repeat(601);
  const reply = await api.ask(
    ...push('crm/people', [{ id: 1 }, { name: 'ann' }, 7, { id: '' }, { id: long }]),
  );
  expect([reply.status, reply.json]).toEqual([
    200,
    {
      accepted: 1,
      refused: [
        { pointer: '#/1', detail: 'it has no field id, which is its record key' },
        { pointer: '#/2', detail: 'it is no object' },
        { pointer: '#/3', detail: 'its record key id is empty' },
        { pointer: '#/4', detail: 'its record key is too long' },
      ],
    },
  ]);
});

test('a record whose time lies ahead of ours is of now: it must not hide what comes after it', async () => {
  const before = Date.now();
  const skewed = new Date(before + 60_000).toISOString();
  await api.ask(
    ...push('crm/people', [
      { id: 1, changed: '9999-12-31T00:00:00Z' },
      { id: 2, changed: new Date(before + 3_600_000).toISOString() },
      { id: 3, changed: skewed },
    ]),
  );
  const times = (await stored())
    .filter((row) => row['portal_id'] === '100')
    .map((row) => (row['occurred_at'] as Date).getTime());
  for (const time of times.slice(0, 2)) expect(time - before).toBeLessThan(60_000);
  expect(times[2]).toBe(Date.parse(skewed));
});

test('the same record again is another event: its value may have come back', async () => {
  for (let turn = 0; turn < 2; turn += 1) await api.ask(...push('crm/people', { id: 1 }));
  expect(await stored()).toHaveLength(4);
});

test('a source that signs its time: seconds or milliseconds, a repetition is folded, an old one refused', async () => {
  const now = Date.now();
  const order = { number: 'A-1' };
  const seconds = Math.floor(now / 1_000);
  for (const at of [now, now, seconds, seconds]) {
    expect((await api.ask(...timed(order, at))).status).toBe(200);
  }
  expect(await stored()).toHaveLength(4);
  for (const at of [now - 301_000, now + 400_000, seconds - 301, 'soon']) {
    expect((await api.ask(...timed(order, at))).status).toBe(401);
  }
  const [path, { headers, ...init }] = timed(order, now);
  const { 'X-Shop-Time': _time, ...timeless } = headers as Record<string, string>;
  expect((await api.ask(path, { ...init, headers: timeless })).status).toBe(401);
});

test('a source that names its deliveries: what is repeated is folded, a value that came back is not', async () => {
  const at = Math.floor(Date.now() / 1_000);
  const [first, second] = [
    { number: 'A-1', state: 'open' },
    { number: 'A-1', state: 'paid' },
  ];
  const states = async () => {
    const { rows } = await api.pool.query<{ state: string }>(
      `select payload ->> 'state' as state from inbox_events where portal_id = $1 order by event_id`,
      [(await stored())[0]!['portal_id']],
    );
    return rows.map(({ state }) => state);
  };
  const send = async (order: object, id: string, time: number) =>
    expect((await api.ask(...named(order, id, time))).status).toBe(200);
  await send(first, 'd1', at);
  await send(second, 'd2', at);
  await send(first, 'd3', at);
  expect(await states()).toEqual(['open', 'paid', 'open']);
  // Sent and signed again later: the deliveries are the same.
  await send(first, 'd1', at + 1);
  await send(first, 'd3', at + 1);
  expect(await states()).toEqual(['open', 'paid', 'open']);
  const [path, { headers, ...init }] = named(first, 'd4', at);
  const signed = headers as Record<string, string>;
  const { 'X-Stall-Id': _id, ...nameless } = signed;
  // Whoever could give the same request another name could have it done again.
  for (const forged of [
    { ...signed, 'X-Stall-Id': 'd5' },
    nameless,
    { ...signed, 'X-Stall-Id': 'd'.repeat(501) },
  ]) {
    expect((await api.ask(path, { ...init, headers: forged })).status).toBe(401);
  }
});

test('whoever cannot sign learns nothing', async () => {
  const bodies = await Promise.all(
    [
      push('crm/people', [{ id: 1 }], { 'X-Signature': 'sha256=00' }),
      push('crm/people', [{ id: 1 }], { 'X-Signature': '' }),
      push('crm/nothing', [{ id: 1 }], { 'X-Signature': 'sha256=00' }),
      push('nobody', [{ id: 1 }]),
      push('constructor', [{ id: 1 }]),
    ].map(async (request) => {
      const { status, json } = await api.ask(...request);
      const { type, title, detail, errors } = json;
      return { status, type, title, detail, errors };
    }),
  );
  const same = { type: 'urn:tributary:problem:unsigned', title: 'The request is not accepted' };
  expect(bodies).toEqual(bodies.map(() => ({ ...same, status: 401, detail: undefined, errors: undefined })));
  expect(await stored()).toEqual([]);
});

test('a right signature counts in capitals too; a wrong stream and a body that is none are told', async () => {
  const [path, init] = push('crm/people', { id: 1 });
  const capitals = (init.headers as Record<string, string>)['X-Signature']!.toUpperCase();
  expect((await api.ask(path, { ...init, headers: { 'X-Signature': capitals } })).status).toBe(200);
  const unnamed = await api.ask(...push('crm', { id: 1 }));
  expect([unnamed.status, unnamed.json['type']]).toEqual([404, 'urn:tributary:problem:unknown-stream']);
  expect(String(unnamed.json['detail'])).toContain('people, firms');
  expect((await api.ask(...push('crm/people', '{'))).status).toBe(400);
  expect(
    (
      await api.ask(
        ...push(
          'crm/people',
          Array.from({ length: 1_001 }, (_, id) => ({ id })),
        ),
      )
    ).status,
  ).toBe(413);
  expect((await api.ask(...push('crm/people', '['.repeat(50_000) + ']'.repeat(50_000)))).status).toBe(200);
  expect(JSON.stringify(await stored()).length).toBeLessThan(5_000);
});

test('before any portal was met there is nowhere to keep it: 503', async () => {
  await api.pool.query(`update portals set name = name || '-gone'`);
  const reply = await api.ask(...push('crm/people', { id: 1 }));
  await api.pool.query(`update portals set name = replace(name, '-gone', '')`);
  expect(reply.status).toBe(503);
});

test('every request is counted by how it ended, and what it held', async () => {
  const counts = async () => {
    const { text } = await api.ask('/metrics');
    const found = text.matchAll(/^middleware_webhook_\w+_total{endpoint="sources",outcome="(\w+)"} (\d+)$/gm);
    return Object.fromEntries([...found].map(([, outcome, count]) => [outcome!, Number(count)]));
  };
  const now = Date.now();
  const many = (length: number) => Array.from({ length }, (_, id) => ({ id }));
  const nowhere = `update portals set name = name || '-gone'`;
  const back = `update portals set name = replace(name, '-gone', '')`;
  for (const [request, counted, around] of [
    [push('crm/people', [{ id: 1 }, 7, null]), { accepted: 1, stored: 2, unreadable: 2 }],
    [push('crm/people', [7]), { accepted: 1, unreadable: 1 }],
    [timed({ number: 'B-1' }, now), { accepted: 1, stored: 2 }],
    [timed({ number: 'B-1' }, now), { accepted: 1, repeated: 2 }],
    [timed({ number: 'B-1' }, now - 301_000), { stale: 1 }],
    [timed({ number: 'B-1' }, 'soon'), { badSignature: 1 }],
    [push('nobody', []), { badSignature: 1 }],
    [['/webhooks/sources/crm', { method: 'POST', body: '{}' }], { unsigned: 1 }],
    [push('crm', {}), { malformed: 1 }],
    [push('crm/people', '{'), { malformed: 1 }],
    [push('crm/people', many(1_000)), { accepted: 1, stored: 2_000 }],
    [push('crm/people', many(1_001)), { tooLarge: 1 }],
    // Nothing that could be kept needs no portal.
    [push('crm/people', [7]), { accepted: 1, unreadable: 1 }, nowhere],
    [push('crm/people', { id: 1 }), { unavailable: 1 }, nowhere],
  ] as [[string, RequestInit], Record<string, number>, string?][]) {
    if (around) await api.pool.query(around);
    const before = await counts();
    await api.ask(...request);
    const after = await counts();
    const more = Object.entries(after).map(([outcome, count]) => [outcome, count - (before[outcome] ?? 0)]);
    expect(Object.fromEntries(more.filter(([, count]) => count !== 0))).toEqual(counted);
    if (around) await api.pool.query(back);
  }
});
