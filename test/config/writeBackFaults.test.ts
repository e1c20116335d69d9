import { baseText, edited, faultsOf, placeOf } from './baseConfig';

/** The base with a `writeBack` of its database stream. */
const sql = (writeBack: string) =>
  edited(['          city: city\n', `          city: city\n        writeBack: ${writeBack}\n`]);

/** The base with a `writeBack` of its API's stream. */
const rest = (writeBack: string) =>
  edited([
    '          amount: { from: total, transforms: [decimal] }\n',
    `          amount: { from: total, transforms: [decimal] }\n        writeBack: ${writeBack}\n`,
  ]);

const people = 'sources.crm.streams.people.writeBack';
const orders = 'sources.shop.streams.orders.writeBack';

describe('what is written back', () => {
  test.each([
    ['a short form', sql('{ fields: { phone: tel } }')],
    ['a statement', sql(`{ fields: { city: town }, statement: 'update p set town = :town where no = :id' }`)],
    ['another table', sql('{ fields: { city: town }, table: extra, key: person, upsert: true }')],
    [
      'a choice and a body',
      rest(
        `{ path: '/orders/{number}', fields: { dealname: { to: title, transforms: [{ enum: { a: b } }] } }, body: { t: '{title}' } }`,
      ),
    ],
  ])('%s is no fault', (_, text) => {
    expect(faultsOf(text)).toEqual([]);
  });

  test.each([
    [
      'a property that is not read',
      sql('{ fields: { phon: tel } }'),
      'phon:',
      `${people}.fields.phon`,
      /is not in the stream's map/,
      /did you mean "phone"/,
    ],
    [
      'one place twice',
      sql('{ fields: { phone: x, city: x } }'),
      'x } }',
      `${people}.fields.city`,
      /"x" is written by another property/,
      undefined,
    ],
    [
      'nothing to write',
      sql('{ fields: { } }'),
      '{ }',
      `${people}.fields`,
      /says nothing about what is written back/,
      undefined,
    ],
    [
      'an unknown transform',
      sql('{ fields: { phone: { to: x, transforms: [uppercas] } } }'),
      'uppercas',
      `${people}.fields.phone.transforms[0]`,
      /there is no transform/,
      /uppercase/,
    ],
    [
      'a table and a statement',
      sql(`{ fields: { city: town }, table: x, statement: 'update x set town = :town' }`),
      'statement',
      `${people}.statement`,
      /both table and statement/,
      undefined,
    ],
    [
      'a key beside a statement',
      sql(`{ fields: { city: town }, key: no, statement: 'update x set town = :town' }`),
      'key: no',
      `${people}.key`,
      /goes with table only/,
      undefined,
    ],
    [
      'keys that do not fit',
      sql('{ fields: { city: town }, key: [a, b] }'),
      '[a, b]',
      `${people}.key`,
      /names 2 columns, but recordKey has 1/,
      undefined,
    ],
    [
      'an unknown parameter',
      sql(`{ fields: { city: town }, statement: 'update x set town = :twon' }`),
      `'update`,
      `${people}.statement`,
      /"twon" is neither/,
      /did you mean "town"/,
    ],
    [
      'a path without the record',
      rest(`{ path: /orders, fields: { dealname: title } }`),
      '/orders,',
      `${orders}.path`,
      /nothing says which record/,
      /\{number\}/,
    ],
    [
      'an unknown placeholder',
      rest(`{ path: '/orders/{numbr}', fields: { dealname: title } }`),
      `'/orders/{numbr}'`,
      `${orders}.path`,
      /\{numbr\} is no field of recordKey/,
      /number/,
    ],
    [
      'an unknown name in the body',
      rest(`{ path: '/orders/{number}', fields: { dealname: title }, body: { t: '{titel}' } }`),
      `{ t: '{titel}' }`,
      `${orders}.body`,
      /"titel" is neither/,
      /title/,
    ],
  ] as const)('%s', (_, text, at, path, message, hint) => {
    const fault = faultsOf(text).find((found) => found.path === path);
    expect(fault).toMatchObject({ ...placeOf(text, at), message: expect.stringMatching(message) as string });
    if (hint) expect(fault!.hint).toMatch(hint);
  });

  test('a query says what is read, not what is written', () => {
    const text = sql('{ fields: { city: town } }').replace('table: crm.people', 'query: select 1');
    expect(faultsOf(text)).toMatchObject([{ path: people, message: 'does not say what to write' }]);
  });

  test('two streams of one source cannot both take them for one object', () => {
    const again = baseText.slice(baseText.indexOf('      people:'), baseText.indexOf('  shop:'));
    const text = sql('{ fields: { city: town } }').replace(
      '  shop:',
      `${again.replace('people:', 'others:')}        writeBack: { fields: { city: town } }\n  shop:`,
    );
    const [fault] = faultsOf(text);
    expect(fault).toMatchObject({ path: 'sources.crm.streams.others.writeBack' });
    expect(fault!.message).toMatch(/another stream of this source takes write-backs of contacts/);
  });

  test('files are only read', () => {
    const text = edited([
      `        pattern: '*.csv'`,
      `        pattern: '*.csv'\n        writeBack: { fields: { email: x } }`,
    ]);
    expect(faultsOf(text)).toMatchObject([{ message: 'unknown key "writeBack"' }]);
  });
});
