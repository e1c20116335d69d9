import { createLogger } from '../../src/config/logger';
import { secretValue } from '../../src/config/secretValue';

const email = 'ann.lee@example.org';
const phone = '+44 7700 900123';
const token = 'pat-na1-11111111-2222-3333-4444-555555555555';
const everything = `for ${email}, ${phone} with Bearer ${token}`;

function capture(format: 'json' | 'pretty' = 'json', level = 'trace') {
  const lines: string[] = [];
  const log = createLogger({
    level,
    format,
    destination: { write: (line: string) => void lines.push(line) },
  });
  return {
    log,
    text: () => lines.join(''),
    last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown>,
  };
}

/** An error as `pg` makes it of what the server says. */
function ofPostgres(code: string, message: string, said: Record<string, unknown> = {}) {
  return Object.assign(new Error(message), { name: 'error', length: 90, severity: 'ERROR', code, ...said });
}

type Log = ReturnType<typeof capture>['log'];

const ways: [name: string, write: (log: Log) => void][] = [
  ['in the message', (log) => log.info(`failed ${everything}`)],
  ['as a part of the message', (log) => log.info('failed %s', everything)],
  ['as an object in the message', (log) => log.info('failed %j', { note: everything })],
  ['as a message beside members', (log) => log.warn({ runId: 'r1' }, everything)],
  ['in a member', (log) => log.info({ reason: everything }, 'failed')],
  ['in a nested list', (log) => log.info({ faults: [{ reason: everything }] }, 'failed')],
  ['in the name of a member', (log) => log.info({ [everything]: 1 }, 'failed')],
  ['in an error alone', (log) => log.error(new Error(everything))],
  ['in an error beside a message', (log) => log.error(new Error(everything), 'failed')],
  ['in a named error', (log) => log.error({ err: new Error(everything) }, 'failed')],
  ['in a named error without a message', (log) => log.error({ err: new Error(everything) })],
  ['in an error of another name', (log) => log.error({ error: new Error(everything) }, 'failed')],
  [
    'in the cause of an error',
    (log) => log.error({ err: new Error('outer', { cause: new Error(everything) }) }),
  ],
  [
    'in a member of an error',
    (log) => log.error({ err: Object.assign(new Error('x'), { detail: everything }) }),
  ],
  ['in many errors of one', (log) => log.error({ err: new AggregateError([new Error(everything)], 'x') })],
  ['in the bindings of a child', (log) => log.child({ about: everything }).info('failed')],
  [
    'in the bindings of a grandchild',
    (log) => log.child({ a: 1 }).child({ about: everything }).info('failed'),
  ],
  [
    'in bindings set later',
    (log) => {
      log.setBindings({ about: everything });
      log.info('failed');
    },
  ],
  ['in a secret that is logged', (log) => log.info({ settings: { key: secretValue(everything) } }, 'failed')],
];

describe('the log', () => {
  for (const format of ['json', 'pretty'] as const) {
    test.each(ways)(`prints no e-mail, phone or token %s (${format})`, (_name, write) => {
      const { log, text } = capture(format);
      write(log);
      expect(text()).not.toBe('');
      for (const secret of [email, 'example.org', phone, '7700', token, '11111111-2222']) {
        expect(text()).not.toContain(secret);
      }
    });
  }

  test.each([
    'authorization',
    'Authorization',
    'access_token',
    'apiKey',
    'password',
    'clientSecret',
    'DATABASE_URL',
  ])('a member named %s loses its value whatever it is', (name) => {
    const { log, text } = capture();
    log.info({ headers: { [name]: 'hunter2' } }, 'call');
    expect(text()).not.toContain('hunter2');
  });

  test.each(['email', 'firstname', 'lastName', 'phone_number', 'payload', 'properties'])(
    'a member named %s, which holds a person, loses its value',
    (name) => {
      const { log, text } = capture();
      log.info({ record: { [name]: 'Ottilie' } }, 'record');
      expect(text()).not.toContain('Ottilie');
    },
  );

  test('a line says when, how grave, and what, with its numbers', () => {
    const { log, last } = capture();
    log
      .child({ runId: 'run-7', source: 'crm' })
      .info({ event: 'sync_completed', records: 1200, durationMs: 15 }, 'done');
    expect(last()).toMatchObject({
      level: 'info',
      event: 'sync_completed',
      runId: 'run-7',
      source: 'crm',
      records: 1200,
      durationMs: 15,
      msg: 'done',
    });
    expect(new Date(String(last()['time'])).getTime()).not.toBeNaN();
  });

  test('an error keeps its class, code and where it happened', () => {
    const { log, last } = capture();
    log.error({ err: Object.assign(new TypeError('no connection'), { code: 'ECONNREFUSED' }) }, 'failed');
    expect(last()['err']).toMatchObject({
      type: 'TypeError',
      code: 'ECONNREFUSED',
      message: 'no connection',
    });
    expect((last()['err'] as { stack: string }).stack).toContain('logger.test');
  });

  // As the drivers give them; each was seen of a real server, or stands in its documentation.
  const databaseErrors: [what: string, error: Error & { code: string; number?: number }][] = [
    ['a value of the wrong type', ofPostgres('22P02', 'invalid input syntax for type integer: "Ottilie"')],
    ['a row that is there', ofPostgres('23505', 'duplicate key', { detail: 'Key (name)=(Ottilie) exists.' })],
    [
      'a row that is forbidden',
      ofPostgres('23514', 'violates', { detail: 'Failing row contains (7, Ottilie).' }),
    ],
    ['a document', ofPostgres('22P02', 'invalid input', { where: 'JSON data, line 1: {"name": Ottilie' })],
    [
      'a statement of a trigger',
      ofPostgres('42P01', 'none', { internalQuery: `insert into x values ('Ottilie')` }),
    ],
    [
      'a trigger’s own words',
      ofPostgres('42501', 'Ottilie is locked', { routine: 'exec_stmt_raise', hint: 'Ottilie' }),
    ],
    [
      'SQL Server',
      Object.assign(new Error("Conversion failed when converting the value 'Ottilie'"), {
        ...{ name: 'RequestError', code: 'EREQUEST', number: 245 },
        originalError: new Error("Conversion failed when converting the value 'Ottilie'"),
        precedingErrors: [new Error('The duplicate key value is (Ottilie).')],
      }),
    ],
  ];

  test.each(databaseErrors)('a database’s error is told without what it quotes: %s', (_what, error) => {
    for (const err of [error, new Error('outer', { cause: error })]) {
      const { log, text, last } = capture();
      log.warn({ err }, 'failed');
      log.warn(err);
      log.warn(`failed: %j`, err);
      expect(text()).not.toContain('Ottilie');
      expect(JSON.stringify(last())).toContain(String(error.number ?? error.code));
    }
  });

  test('what a database says of its own objects stays', () => {
    const { log, last } = capture();
    log.warn({ err: ofPostgres('42P01', 'relation "crm.people" does not exist') }, 'failed');
    expect(last()['err']).toMatchObject({ code: '42P01', message: 'relation "crm.people" does not exist' });
  });

  test('bytes are counted, not printed', () => {
    const { log, last } = capture();
    log.info({ raw: Buffer.from('abc') }, 'read');
    expect(last()['raw']).toBe('[3 bytes]');
  });

  test('a member that contains itself ends', () => {
    const { log, text } = capture();
    const round: Record<string, unknown> = { name: 'round' };
    round['self'] = round;
    log.info({ round }, 'failed');
    expect(text()).toContain('[deeper]');
  });

  test('below its level nothing is printed', () => {
    const { log, text } = capture('json', 'warn');
    log.info('quiet');
    expect(text()).toBe('');
  });
});
