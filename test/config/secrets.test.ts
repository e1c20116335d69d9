import { connectionOf, streamReading } from '../../src/config/sourceOptions';
import { parseDuration } from '../../src/config/durations';
import { nearest, suggestion } from '../../src/config/nearest';
import { parseSecretRef, resolveSecret, writtenRef } from '../../src/config/secrets';
import { secondConfig, secondEnv } from './configOf';

const readers = {
  env: { ...secondEnv },
  readSecretFile: (path: string) => {
    if (path === '/run/secrets/key') return 'the key\n';
    throw new Error('ENOENT: no such file, the key is not here');
  },
};

describe('a secret', () => {
  test.each([
    ['env:NAME', { from: 'env', name: 'NAME' }],
    ['file:/run/secrets/key', { from: 'file', path: '/run/secrets/key' }],
    ['env:MY-NAME', null],
    ['env:', null],
    ['file:key', null],
    ['NAME', null],
  ])('%s is read as %o and written back the same', (text, ref) => {
    const parsed = parseSecretRef(text);
    expect(parsed).toEqual(ref);
    expect(parsed === null || writtenRef(parsed) === text).toBe(true);
  });

  test('of a file ends before its closing line break', () => {
    expect(resolveSecret({ from: 'file', path: '/run/secrets/key' }, readers)).toBe('the key');
  });

  test('that is not there is named, and nothing else', () => {
    expect(() => resolveSecret({ from: 'env', name: 'GONE' }, readers)).toThrow(
      'the secret env:GONE is not set',
    );
    expect(() => resolveSecret({ from: 'file', path: '/gone' }, readers)).toThrow(
      'the secret file:/gone cannot be read',
    );
  });
});

describe('the sources of the second configuration, ready to open,', () => {
  const { sources } = secondConfig();

  test('have their secrets and the words of their kind', () => {
    expect(connectionOf(sources['shop']!, readers)).toEqual({
      baseUrl: secondEnv['SHOP_URL'],
      auth: { type: 'basic', user: 'reader', password: 'shop-password-value' },
      headers: {},
      requestsPerSecond: 100,
      timeoutMs: 30_000,
    });
    expect(connectionOf(sources['crm']!, readers)).toEqual({
      dialect: 'postgres',
      url: secondEnv['CRM_URL'],
      statementTimeoutMs: 60_000,
    });
    expect(connectionOf(sources['events']!, readers)).toEqual({
      folder: '/tmp/academy-events',
      doneFolder: 'processed',
    });
  });

  test('streams are split into what every kind knows and the rest', () => {
    expect(streamReading(sources['events']!.streams['courses']!)).toEqual({
      recordKey: ['course.code', 'course.run'],
      lookbackMs: 600_000,
      pageSize: 1_000,
      whenGone: 'keep',
      options: {
        pattern: 'courses-*.jsonl',
        format: 'jsonl',
        ready: 'stable',
        stableMs: 1_000,
        delimiter: ',',
        encoding: 'utf8',
      },
    });
    expect(streamReading(sources['crm']!.streams['people']!)).toMatchObject({
      cursorField: 'geaendert',
      lookbackMs: 300_000,
      whenGone: 'withdraw',
    });
  });
});

describe('a duration', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['0s', 0],
    ['10', null],
    ['ten minutes', null],
    ['1w', null],
    ['400d', null],
    ['', null],
    ['-5m', null],
  ])('%s is %s ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
});

describe('a suggestion', () => {
  test('is the nearest name, if it is near', () => {
    expect(nearest('contcts', ['companies', 'contacts'])).toBe('contacts');
    expect(nearest('TIMEZONE', ['timeZone'])).toBe('timeZone');
    expect(nearest('zebra', ['companies', 'contacts'])).toBeNull();
    expect(nearest('x'.repeat(1_000), ['x'])).toBeNull();
  });

  test('is else the list of a few, and nothing of many or none', () => {
    expect(suggestion('zebra', ['companies', 'contacts'])).toBe('known: companies, contacts');
    expect(suggestion('zebra', [])).toBeUndefined();
    expect(
      suggestion(
        'zebra',
        Array.from({ length: 40 }, (_, index) => `companies${index}`),
      ),
    ).toBeUndefined();
  });
});
