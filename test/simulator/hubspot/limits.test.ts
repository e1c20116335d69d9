import { contacts, startSimulator, type TestSimulator } from './startSimulator';

let simulator: TestSimulator;

afterEach(() => simulator.stop());

const read = () => simulator.call('GET', contacts);
const many = (count: number, call = read) => Promise.all(Array.from({ length: count }, call));
const statuses = (replies: { status: number }[]) => replies.map(({ status }) => status).sort();

test('the window of 10 s: headers count down, then 429 in the documented family, without Retry-After', async () => {
  simulator = await startSimulator({ settings: { limits: { perTenSeconds: 3 } } });
  const first = await read();
  expect(first.headers.get('x-hubspot-ratelimit-max')).toBe('3');
  expect(first.headers.get('x-hubspot-ratelimit-remaining')).toBe('2');
  expect(first.headers.get('x-hubspot-ratelimit-interval-milliseconds')).toBe('10000');
  expect(first.headers.get('x-hubspot-ratelimit-daily')).toBe('625000');
  expect(first.headers.get('x-hubspot-ratelimit-daily-remaining')).toBe('624999');
  expect(statuses(await many(4))).toEqual([200, 200, 429, 429]);
  const refused = await read();
  expect(refused.body).toMatchObject({
    status: 'error',
    message: 'You have reached your ten_secondly_rolling limit.',
    errorType: 'RATE_LIMIT',
    policyName: 'TEN_SECONDLY_ROLLING',
    groupName: expect.any(String),
  });
  expect(refused.headers.get('retry-after')).toBeNull();
  const { limits } = (await simulator.control('/stats')).body;
  expect(limits.buckets.burst).toEqual({ limit: 3, largestAtArrival: 6, largestAccepted: 3, violations: 3 });
});

test('the window slides: a slot is free again one window after it was taken, not before', async () => {
  simulator = await startSimulator({ settings: { limits: { perTenSeconds: 2, windowMs: 1_500 } } });
  const started = performance.now();
  expect(statuses(await many(3))).toEqual([200, 200, 429]);
  let reply = await read();
  while (reply.status === 429) reply = await read();
  expect(performance.now() - started).toBeGreaterThanOrEqual(1_495);
  expect((await simulator.control('/stats')).body.limits.buckets.burst.largestAccepted).toBe(2);
});

test('search has its own second and its own body', async () => {
  simulator = await startSimulator();
  const search = () => simulator.call('POST', `${contacts}/search`, {});
  // Far more than a machine that stands still for a second or two could spread over several windows.
  const replies = await many(40, search);
  const { limits } = (await simulator.control('/stats')).body;
  expect(limits.buckets.search).toMatchObject({ limit: 5, largestAccepted: 5 });
  const refused = replies.find(({ status }) => status === 429);
  expect(refused?.body).toMatchObject({
    policyName: 'SECONDLY',
    message: 'You have reached your secondly limit.',
  });
  for (const { headers } of replies) {
    expect([...headers.keys()].filter((name) => name.startsWith('x-hubspot-ratelimit'))).toEqual([]);
  }
  expect((await read()).status).toBe(200);
});

test('associations have their own bucket, and its headers by switch', async () => {
  simulator = await startSimulator({ settings: { limits: { associationsPerTenSeconds: 2 } } });
  const link = () =>
    simulator.call('POST', '/crm/v4/associations/contacts/companies/batch/read', { inputs: [{ id: '1' }] });
  expect((await link()).headers.get('x-hubspot-ratelimit-max')).toBe('2');
  await simulator.control('/switches', { associationHeaders: 'none' });
  expect((await link()).headers.get('x-hubspot-ratelimit-max')).toBeNull();
  expect((await link()).status).toBe(429);
  expect((await read()).status).toBe(200);
});

test('the daily allowance is shared by all and starts again at midnight of the account', async () => {
  simulator = await startSimulator({ timeZone: 'America/New_York', settings: { limits: { daily: 10 } } });
  await simulator.control('/daily', { used: 9 });
  expect((await read()).headers.get('x-hubspot-ratelimit-daily-remaining')).toBe('0');
  const refused = await simulator.call('POST', `${contacts}/search`, {});
  expect(refused).toMatchObject({
    status: 429,
    body: { policyName: 'DAILY', message: 'You have reached your daily limit.' },
  });
  const { resetsAt } = (await simulator.control('/stats')).body.limits.daily;
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/New_York', timeStyle: 'medium' });
  expect(clock.format(new Date(resetsAt))).toBe('00:00:00');
  await simulator.control('/settings', { clockOffsetMs: Date.parse(resetsAt) - Date.now() + 1000 });
  expect((await read()).headers.get('x-hubspot-ratelimit-daily-remaining')).toBe('9');
});

test('Retry-After by switch, and refused calls may use up the window', async () => {
  simulator = await startSimulator({
    settings: { limits: { perTenSeconds: 1 }, switches: { retryAfterOn429: 'always' } },
  });
  await read();
  const refused = await read();
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(5);
});

test('a limit that changes in mid-flight counts at once; null lifts all', async () => {
  simulator = await startSimulator({ settings: { limits: { perTenSeconds: 2 } } });
  await many(2);
  await simulator.control('/settings', { limits: { perTenSeconds: 4 } });
  expect(statuses(await many(3))).toEqual([200, 200, 429]);
  await simulator.control('/settings', { limits: null });
  const reply = await read();
  expect(reply.status).toBe(200);
  expect(reply.headers.get('x-hubspot-ratelimit-max')).toBeNull();
});

test('a wrong token is 401 and costs nothing; an expired one says since when; a missing scope is 403', async () => {
  simulator = await startSimulator({ settings: { limits: { perTenSeconds: 1 } } });
  for (let at = 0; at < 3; at++) {
    const reply = await simulator.call('GET', contacts, undefined, 'pat-wrong');
    expect(reply).toMatchObject({ status: 401, body: { category: 'INVALID_AUTHENTICATION' } });
  }
  await simulator.control('/settings', { tokens: [{ token: 'pat-short', expiresInMs: 60_000 }] });
  expect((await simulator.call('GET', contacts, undefined, 'pat-short')).status).toBe(200);
  await simulator.control('/settings', {
    clockOffsetMs: 65_000,
    limits: null,
    scopesWithheld: ['crm.objects.contacts.write'],
  });
  const expired = await simulator.call('GET', contacts, undefined, 'pat-short');
  expect(expired.body).toMatchObject({
    category: 'EXPIRED_AUTHENTICATION',
    message: expect.stringMatching(/^The OAuth token used to make this call expired \d+ second\(s\) ago\.$/),
    context: { 'expire time': [expect.any(String)] },
  });
  const seconds = Number(/\d+/.exec(expired.body.message)![0]);
  expect(seconds).toBeGreaterThanOrEqual(5);
  expect(seconds).toBeLessThan(65);
  await simulator.control('/settings', { tokens: ['pat-simulator'] });
  const refused = await simulator.call('POST', contacts, { properties: { lastname: 'x' } });
  expect(refused).toMatchObject({ status: 403, body: { category: 'MISSING_SCOPES' } });
  expect(refused.body.errors[0].context.requiredGranularScopes).toEqual(['crm.objects.contacts.write']);
  expect((await read()).status).toBe(200);
});

test('an address above 8 kB is 414', async () => {
  simulator = await startSimulator();
  const reply = await simulator.call('GET', `${contacts}?properties=${'x,'.repeat(4200)}`);
  expect(reply.status).toBe(414);
  expect(reply.headers.get('content-type')).toContain('html');
});
