import fc from 'fast-check';
import { redactText } from '../../src/config/redactText';

describe('text for people and logs', () => {
  const hidden: [name: string, secret: string, keeps?: string][] = [
    ['an e-mail', 'ann.lee+news@example.org'],
    ['an e-mail with capitals', 'Ann.Lee@Example.ORG'],
    ['an e-mail of another script', 'анна@пример.рф'],
    ['an e-mail inside an address', 'ann.lee%40example.org'],
    ['an international number', '+44 20 7946 0958'],
    ['a number as HubSpot writes it', '+442079460958'],
    ['a national number', '020 7946 0958'],
    ['a number without spaces', '07700900123'],
    ['a number with brackets', '(212) 555-0123'],
    ['a number with dots', '212.555.0123'],
    ['a number with a no-break space', '020\u00a07946\u00a00958'],
    ['a HubSpot token', 'pat-eu1-3f0c2f61-9a7b-4f52-8f3a-9b7a1c2d3e4f'],
    ['a JSON web token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl'],
  ];
  const places: [name: string, around: (secret: string) => string][] = [
    ['alone', (secret) => secret],
    ['in a sentence', (secret) => `could not read ${secret}, skipped`],
    ['in quotes', (secret) => `duplicate key (email)=("${secret}")`],
    ['in brackets', (secret) => `the value [${secret}] is wrong`],
    ['in JSON', (secret) => `{"value":"${secret}","n":1}`],
    ['behind a colon', (secret) => `Contact already exists:${secret}`],
    ['behind an equals sign', (secret) => `value=${secret}&next=2`],
    ['at the end of a sentence', (secret) => `nobody has ${secret}.`],
    ['on its own line', (secret) => `first\n${secret}\nlast`],
  ];
  for (const [name, secret] of hidden) {
    test.each(places)(`${name} is not printed %s`, (_place, around) => {
      const text = redactText(around(secret));
      expect(text).not.toContain(secret);
      expect(text).toMatch(/\[(email|phone|secret)\]/);
    });
  }

  test.each([
    ['authorization: Bearer abc.def-123', 'abc.def-123'],
    ['Authorization=Basic YW5uOnNlY3JldA==', 'YW5uOnNlY3JldA'],
    ['sent Bearer CPa12345xyz to it', 'CPa12345xyz'],
    ['{"access_token":"s3cr3tvalue"}', 's3cr3tvalue'],
    ['https://api.example.org/x?hapikey=1a2b3c4d&p=1', '1a2b3c4d'],
    ['postgres://tributary:hunter2@db.example.org:5432/river', 'hunter2'],
    ['password=hunter2;Encrypt=true', 'hunter2'],
    ['tel.07700900123', '07700900123'],
    ['tel07700900123x5', '07700900123'],
  ])('%s loses its secret', (text, secret) => {
    expect(redactText(text)).not.toContain(secret);
  });

  test.each([
    'Existing ID: 12345678901',
    'correlation 550e8400-e29b-41d4-a716-446655440000',
    'at 2026-11-22T10:33:05.123Z',
    'connect ECONNREFUSED 127.0.0.1:5432',
    'page 17 of 1200, 1000 records in 2500 ms',
    'server 1.31.2, amount 1234567.8901',
    'src/hubspot/client.ts:120:15',
    'property hs_additional_emails is read-only',
  ])('%s stays readable', (text) => {
    expect(redactText(text)).toBe(text);
  });

  test('no e-mail survives between any two words', () => {
    const word = fc.stringMatching(/^[a-z]{0,8}$/);
    const local = fc.stringMatching(/^[a-z0-9]{1,10}([._+-][a-z0-9]{1,6}){0,2}$/);
    fc.assert(
      fc.property(
        word,
        local,
        word,
        fc.constantFrom(' ', '"', "'", '<', '(', ':', '=', '\n', ','),
        (a, name, b, mark) => {
          const address = `${name}@example.org`;
          return !redactText(`${a}${mark}${address}${mark}${b}`).includes(address);
        },
      ),
    );
  });

  test('hostile text costs no more than its length', () => {
    const hostile = [
      '0 '.repeat(50_000),
      'a.'.repeat(50_000),
      `${'a'.repeat(99_000)}@`,
      'token'.repeat(20_000),
      '+('.repeat(9_000),
    ];
    const startedAt = performance.now();
    for (const text of hostile) redactText(text);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});
