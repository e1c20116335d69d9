import { loadConfig, faultText } from '../../src/config/loadConfig';
import { baseEnv, baseNow, baseText, edited, faultsOf, placeOf } from './baseConfig';

describe('a configuration with many faults', () => {
  const text = edited(
    ['accessToken: env:TOKEN', 'accessToken: pat-eu1-01234567-89ab-cdef'],
    ['schedule: nightly', 'schedul: nightly'],
    ['lookback: 10m', 'lookback: soon\n        pageSize: 9999'],
    ['[email]', '[emial]'],
    ['kind: rest', 'kind: soap'],
    ['dependsOn: [crm]', 'dependsOn: [crn]'],
    ['env:SHOP_TOKEN', 'env:GONE'],
    ['object: deals', 'object: dealz'],
    ['to: crm.people', 'to: crm.nobody'],
    ['neverJoin: [person_no]', 'neverJoin: [nothing]'],
    ["at: '02:00'", "at: '01:15'"],
  );

  test('tells all of them at once, in the order of the file', () => {
    const faults = faultsOf(text);
    expect(faults.map(({ path }) => path)).toEqual([
      'portals.main.accessToken',
      'sources.crm.schedul',
      'sources.crm.streams.people.lookback',
      'sources.crm.streams.people.pageSize',
      'sources.crm.streams.people.map.email.transforms[0]',
      'sources.shop.kind',
      'sources.shop.dependsOn[0]',
      'sources.shop.connection.auth.token',
      'sources.shop.streams.orders.object',
      'sources.shop.streams.orders.references[0].to',
      'objects.contacts.identity.neverJoin[0]',
      'schedules.nightly.at',
    ]);
    const lines = faults.map(({ line }) => line);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });

  test('a fault is one clickable line and its hint', () => {
    const [fault] = faultsOf(edited(['kind: rest', 'kind: rst']));
    const { line, column } = placeOf(edited(['kind: rest', 'kind: rst']), 'rst');
    expect(faultText(fault!)).toBe(
      `c.yaml:${line}:${column} sources.shop.kind: unknown kind\n  hint: did you mean "rest"?`,
    );
  });
});

describe('a configuration with more faults than anyone reads', () => {
  test('tells the first 200 lines and how many follow', () => {
    const bad = Array.from({ length: 250 }, (_, index) => `          p${index}: { form: x, from: y }`).join(
      '\n',
    );
    const faults = faultsOf(edited(['          city: city', bad]));
    expect(faults).toHaveLength(200);
    expect(faults.at(-1)?.message).toBe('and 51 more faults from here on');
  });
});

describe('text that is no configuration', () => {
  test('an open quote is told as such, without guesses about the rest', () => {
    const faults = faultsOf(
      edited(['table: crm.people', 'table: "crm.people'], ['kind: rest', 'kind: soap']),
    );
    expect(faults.length).toBeGreaterThan(0);
    for (const fault of faults) expect(fault.message).toMatch(/^not valid YAML/);
  });

  test('a tab is told with its line and a hint', () => {
    const text = edited(['    schedule: nightly', '\tschedule: nightly']);
    const faults = faultsOf(text);
    expect(faults.map(({ line }) => line)).toContain(placeOf(text, '\tschedule').line);
    expect(faults.some(({ hint }) => hint === 'indent with spaces')).toBe(true);
  });

  test('what the parser quotes is not repeated: it could be a secret', () => {
    const text = edited(['accessToken: env:TOKEN', 'accessToken: "pat-eu1-01234567" hunter2']);
    const faults = faultsOf(text);
    expect(faults.length).toBeGreaterThan(0);
    expect(JSON.stringify(faults)).not.toMatch(/hunter2|01234567/);
  });

  test.each([
    ['an empty file', ''],
    ['a list', '- 1'],
    ['a word', 'hello'],
  ])('%s is a fault, not a crash', (_name, text) => {
    const faults = faultsOf(text);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults[0]?.line).toBe(1);
  });

  test('a bomb of aliases is a fault, not a crash', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg']) {
      bomb.push(`${to}: &${to} [${Array(10).fill(`*${from}`).join(',')}]`);
    }
    expect(faultsOf(bomb.join('\n'))[0]?.message).toMatch(/too many aliases/);
  });

  test('a file that is not there is a fault', () => {
    const result = loadConfig({ path: '/nowhere/c.yaml', env: {}, readSecretFile: () => '', now: baseNow });
    expect(result).toMatchObject({ ok: false, faults: [{ message: 'the file cannot be read' }] });
  });
});

describe('places in a file with anchors', () => {
  test('a fault inside a repeated part is told where the part is written', () => {
    const text = edited(
      ['connection: { dialect: postgres', 'connection: &db { dialect: postgrs'],
      ['    connection: { folder: /srv/drop }', '    connection: *db'],
    );
    const places = faultsOf(text).filter(({ path }) => path === 'sources.crm.connection.dialect');
    expect(places).toMatchObject([placeOf(text, 'postgrs')]);
  });

  test('a merged key is known, and a fault in it is told where it is written', () => {
    const text = edited([
      '        object: contacts\n        table: crm.people\n',
      '        <<: { object: contacts, table: crm.people, pageSize: 0 }\n',
    ]);
    expect(faultsOf(text)).toMatchObject([
      { path: 'sources.crm.streams.people.pageSize', ...placeOf(text, '0 }') },
    ]);
  });
});

describe('what is allowed', () => {
  test.each<[string, [string, string]]>([
    ['a secret in a file', ['env:TOKEN', 'file:/run/secrets/there']],
    ['a shorthand argument', ['[decimal]', "[{ prefix: '1' }, decimal]"]],
    ['a map of an enum without its name', ['[decimal]', '[{ enum: { a: b } }]']],
    ['a time beside the gap', ["at: '02:00'", "at: ['00:59', '02:00']"]],
    ['a time that is skipped only on days not chosen', ["at: '02:00'", "at: '01:30', weekdays: [mon, tue]"]],
    ['a time that another zone does not skip', ["at: '02:00'", "at: '01:30', timeZone: Europe/Berlin"]],
    ['a precedence of HubSpot', ['precedence: [crm, shop]', 'precedence: [hubspot, crm]']],
    ['an identity field that HubSpot fills', ['fields: [email]', 'fields: [email, hs_additional_emails]']],
    ['an address with a user but no password', ["'env:CRM_URL'", 'postgres://reader@db/crm']],
  ])('%s', (_name, edit) => {
    expect(faultsOf(edited(edit))).toEqual([]);
  });

  test('an unset and an empty variable are the same', () => {
    expect(faultsOf(baseText, { ...baseEnv, TOKEN: '' })).toMatchObject([
      { path: 'portals.main.accessToken' },
    ]);
  });
});
