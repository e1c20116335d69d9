import { configHash } from '../../src/config/configHash';
import { customPropertiesOf } from '../../src/config/customProperties';
import { mappedPropertiesOf } from '../../src/config/mappedProperties';
import type { TributaryConfig } from '../../src/config/schema';
import {
  associatedWith,
  hubspotTypeOf,
  propertiesOf,
  toObjectRules,
  toStreamMaps,
} from '../../src/config/toRules';
import { mapRecord } from '../../src/domain/mapping/mapRecord';
import { edited } from './baseConfig';
import { configOf, secondConfig } from './configOf';

const second = secondConfig();

describe('streams of the second configuration', () => {
  const streams = toStreamMaps(second);
  const stream = (name: string) => streams.find(({ source, stream: own }) => `${source}.${own}` === name)!;

  test('are those of the file, HubSpot not among them', () => {
    expect(streams.map(({ source, stream: own, objectType }) => `${source}.${own} → ${objectType}`)).toEqual([
      'events.courses → courses',
      'crm.people → contacts',
      'shop.firms → companies',
      'shop.orders → deals',
    ]);
  });

  test('a path alone is a whole field map', () => {
    expect(stream('shop.firms').fields.find(({ property }) => property === 'website')).toEqual({
      property: 'website',
      from: ['url'],
      transforms: [],
      emptyClears: false,
      required: false,
    });
  });

  test('a constant has no path, a bare argument gets its name', () => {
    const fields = stream('shop.orders').fields;
    expect(fields.find(({ property }) => property === 'pipeline')).toMatchObject({
      from: [],
      defaultValue: 'default',
    });
    expect(fields.find(({ property }) => property === 'shop_order_number')?.transforms).toEqual([
      { name: 'prefix', args: { text: 'S-' } },
    ]);
  });

  test('a reference knows the object of its stream', () => {
    expect(stream('shop.orders').references).toEqual([
      { toObject: 'companies', toSource: 'shop', toStream: 'firms', from: 'firm', labels: ['primary'] },
      { toObject: 'contacts', toSource: 'crm', toStream: 'people', from: 'buyer', labels: [] },
    ]);
    expect(associatedWith(second, 'deals')).toEqual(['companies', 'contacts']);
    expect(associatedWith(second, 'courses')).toEqual(['contacts']);
  });

  test('zone, region and time of change come from the file where the stream is silent', () => {
    expect(stream('crm.people')).toMatchObject({
      timeZone: 'Europe/Berlin',
      defaultRegion: 'DE',
      changedAt: 'geaendert',
    });
    expect(stream('events.courses').changedAt).toBe('exportedAt');
    expect('changedAt' in stream('shop.firms')).toBe(false);
  });

  test('the nearest zone wins: stream, then source, then file', () => {
    const zones = (...edits: [string, string][]) => toStreamMaps(configOf(edited(...edits)))[0]!.timeZone;
    expect(zones()).toBe('Europe/London');
    expect(zones(['kind: sql', 'kind: sql\n    timeZone: Europe/Paris'])).toBe('Europe/Paris');
    expect(
      zones(
        ['kind: sql', 'kind: sql\n    timeZone: Europe/Paris'],
        ['table: crm.people', 'table: crm.people\n        timeZone: Asia/Tokyo'],
      ),
    ).toBe('Asia/Tokyo');
  });

  test('the core maps a record with them', () => {
    const { record, faults } = mapRecord(
      {
        ref: { source: 'shop', stream: 'orders', key: '7' },
        payload: {
          number: 7,
          sum: { gross: '1200.50' },
          state: 'paid',
          firm: 'F1',
          buyer: 'P1',
          changed: '2026-01-02T03:04:05Z',
        },
        changedAt: null,
        stagedAt: '2026-02-01T00:00:00Z',
      },
      stream('shop.orders'),
      toObjectRules(second, 'deals', {}, 1),
      { options: {}, ownersByEmail: {}, pipelines: [] },
    );
    expect(faults).toEqual([]);
    const values = Object.fromEntries(
      Object.entries(record!.fields).map(([name, { value }]) => [name, value]),
    );
    expect(values).toEqual({
      shop_order_number: 'S-7',
      dealname: 'Order',
      amount: '1200.5',
      pipeline: 'default',
      dealstage: 'closedwon',
    });
    expect(record!.fields['amount']?.at).toBe('2026-01-02T03:04:05.000Z');
  });
});

describe('rules of an object', () => {
  test('name every property that a map fills or a rule speaks of, sorted, with their number', () => {
    const rules = toObjectRules(second, 'contacts', {}, 7);
    expect(rules.configNumber).toBe(7);
    expect(rules.fields.map(({ property }) => property)).toEqual([
      'crm_person_no',
      'email',
      'firstname',
      'lastname',
      'mail_block',
      'mobilephone',
    ]);
    expect(rules.identity).toEqual({
      rules: [{ name: 'mail', fields: ['email', 'hs_additional_emails'], fold: 'email' }],
      maxSharers: 2,
      notEvidence: [],
      neverJoin: ['crm_person_no'],
    });
  });

  test('a type comes from the portal, else from the properties of the file, else from HubSpot’s standard', () => {
    const typeOf = (objectType: string, property: string, types = {}) =>
      toObjectRules(second, objectType, types, 1).fields.find((field) => field.property === property)?.type;
    expect(typeOf('courses', 'languages')).toBe('multiEnumeration');
    expect(typeOf('courses', 'starts_on')).toBe('date');
    expect(typeOf('courses', 'starts_on', { starts_on: 'datetime' })).toBe('datetime');
    expect(typeOf('deals', 'amount')).toBe('number');
    expect(typeOf('deals', 'dealstage')).toBe('enumeration');
    expect(typeOf('companies', 'handelsregister')).toBe('string');
  });

  test('precedence is the order of the file unless the object or the field says otherwise', () => {
    const precedenceOf = (property: string, ...edits: [string, string][]) =>
      toObjectRules(configOf(edited(...edits)), 'contacts', {}, 1).fields.find(
        (field) => field.property === property,
      )?.precedence;
    expect(precedenceOf('email', ['    precedence: [crm, shop]\n', ''])).toEqual(['crm', 'shop', 'drop']);
    expect(precedenceOf('email', ['[crm, shop]', '[drop, crm]'])).toEqual(['drop', 'crm']);
    const field: [string, string] = ['[crm, shop]', '[drop]\n    fields: { email: { precedence: [shop] } }'];
    expect(precedenceOf('email', field)).toEqual(['shop']);
    expect(precedenceOf('city', field)).toEqual(['drop']);
  });

  test('ownership, way of competing and opt-out are those of the file', () => {
    const field = (property: string) =>
      toObjectRules(second, 'contacts', {}, 1).fields.find((candidate) => candidate.property === property);
    expect(field('mail_block')).toMatchObject({
      optOutValue: 'blocked',
      ownership: 'source',
      resolve: 'precedence',
    });
    expect(field('mobilephone')).toMatchObject({ ownership: 'shared' });
    expect('optOutValue' in field('email')!).toBe(false);
  });

  test('identity and required properties have HubSpot’s defaults, custom objects none', () => {
    const bare = configOf(
      edited([
        '    identity:\n      rules:\n        - { name: mail, fields: [email], fold: email }\n      neverJoin: [person_no]\n',
        '',
      ]),
    );
    expect(toObjectRules(bare, 'contacts', {}, 1).identity.rules.map(({ name }) => name)).toEqual([
      'email',
      'phone',
    ]);
    expect(toObjectRules(bare, 'contacts', {}, 1).requiredAny).toEqual(['email', 'firstname', 'lastname']);
    expect(toObjectRules(bare, 'deals', {}, 1).identity.rules).toEqual([]);
    expect(toObjectRules(second, 'courses', {}, 1)).toMatchObject({
      identity: { rules: [] },
      requiredAny: ['course_code'],
    });
  });

  test('an unknown object is a broken invariant', () => {
    expect(() => toObjectRules(second, 'tickets', {}, 1)).toThrow(/no object tickets/);
  });
});

describe('what HubSpot is asked about', () => {
  test('HubSpot’s own name of a custom object is used where it is given', () => {
    expect(hubspotTypeOf(second, 'courses')).toBe('p_courses');
    expect(hubspotTypeOf(second, 'contacts')).toBe('contacts');
  });

  test('properties that are read: mapped, identity, limit and required ones, once each', () => {
    expect(propertiesOf(second, 'contacts')).toEqual([
      'crm_person_no',
      'email',
      'firstname',
      'hs_additional_emails',
      'lastname',
      'mail_block',
      'mobilephone',
    ]);
  });

  test('properties that setup creates have their plainest display and no second tributary_id', () => {
    const created = customPropertiesOf(second, 'contacts');
    expect(created).toEqual([
      {
        name: 'crm_person_no',
        label: 'CRM person number',
        type: 'string',
        fieldType: 'text',
        hasUniqueValue: true,
      },
      {
        name: 'mail_block',
        label: 'Mail block',
        type: 'enumeration',
        fieldType: 'select',
        options: [
          { label: 'Blocked', value: 'blocked' },
          { label: 'Allowed', value: 'allowed' },
        ],
      },
    ]);
  });

  test('check learns what a map can make where that is known', () => {
    const mapped = mappedPropertiesOf(second, 'deals');
    const outputs = (property: string) => mapped.find((item) => item.property === property)?.outputs;
    expect(outputs('dealstage')).toEqual(['closedwon', 'closedlost', 'appointmentscheduled']);
    expect(outputs('pipeline')).toEqual(['default']);
    expect(outputs('amount')).toBeUndefined();
    expect(mapped[0]?.path).toBe('sources.shop.streams.orders.map.shop_order_number');
  });
});

describe('the hash of an object’s configuration', () => {
  const hashOf = (objectType: string, ...edits: [string, string][]) =>
    configHash(configOf(edited(...edits)), objectType);
  const contacts = hashOf('contacts');

  test.each<[string, [string, string]]>([
    ['a map', ['city: city', 'city: town']],
    ['a transform', ['{ from: mail, transforms: [email] }', '{ from: mail, transforms: [trim, email] }']],
    ['a new property', ['city: city', 'city: city\n          zip: zip']],
    ['the default region', ['defaultRegion: GB', 'defaultRegion: FR']],
    ['the zone of source times', ['timeZone: Europe/London', 'timeZone: Europe/Lisbon']],
    ['the precedence', ['[crm, shop]', '[shop, crm]']],
    ['an identity rule', ['fold: email', 'fold: caseless']],
    ['a limit rule', ['      neverJoin: [person_no]\n', '']],
    ['a type', ['precedence: [crm, shop]', 'fields: { city: { type: enumeration } }']],
    ['another stream of the object', ['  drop:\n', '  dropped:\n']],
  ])('changes with %s', (_name, edit) => {
    expect(hashOf('contacts', edit)).not.toBe(contacts);
  });

  test.each<[string, [string, string]]>([
    ['a page size', ['lookback: 10m', 'pageSize: 10']],
    ['a schedule', ["at: '02:00'", "at: '03:00'"]],
    ['where a secret stands', ['env:TOKEN', 'env:CRM_URL']],
    ['a connection', ['dialect: postgres', 'dialect: sqlserver']],
    [
      'the order of properties',
      [
        'email: { from: mail, transforms: [email] }\n          phone: { from: phone, transforms: [{ e164: { regionFrom: country } }] }',
        'phone: { from: phone, transforms: [{ e164: { regionFrom: country } }] }\n          email: { from: mail, transforms: [email] }',
      ],
    ],
    ['another way of writing the same', ['city: city', 'city: { from: [city] }']],
    ['a map of another object', ['dealname: title', 'dealname: name']],
  ])('does not change with %s', (_name, edit) => {
    expect(hashOf('contacts', edit)).toBe(contacts);
  });

  test('is one per object, and counts the portal’s types where they are given', () => {
    const config: TributaryConfig = configOf(edited());
    expect(configHash(config, 'deals')).not.toBe(contacts);
    expect(configHash(config, 'contacts', { city: 'enumeration' })).not.toBe(contacts);
    expect(contacts).toMatch(/^[0-9a-f]{64}$/);
  });
});
