import { expectedPortal, changedCases } from '../../../src/simulator/demo/oracle';
import { customer, employer, handWorld, one, row } from './handWorld';

const later = '2026-06-01T00:00:00.000Z';
const latest = '2026-07-01T00:00:00.000Z';

test('a field comes from the strongest source that knows it, the phone from whose value changed last', () => {
  const ann = one('contact:1', [
    row(
      'eol.subscribers',
      '5',
      { email: 'ann@b.example', firstname: 'Annie', phone: '+441', eol_plan: 'pro' },
      { changedAt: latest },
    ),
    row(
      'azure.customers',
      'C1',
      { email: 'ann@a.example', firstname: 'Ann', lastname: 'Lee', phone: '+442' },
      { changedAt: later },
    ),
    row('ielts.registrations', 'I1', { firstname: 'ANN', ielts_band: '7.5', phone: '+443' }),
  ]);
  const { contacts } = expectedPortal(handWorld([ann]));
  expect(contacts).toEqual([
    {
      ...{ object: 'contacts', caseId: 'contact:1', plot: 'byHand', heldId: null, stranger: false },
      properties: {
        ...{ email: 'ann@a.example', firstname: 'Ann', lastname: 'Lee', phone: '+441' },
        ...{ ielts_band: '7.5', eol_plan: 'pro' },
      },
    },
  ]);
});

test('what the portal holds stays where no source knows better, and hand-filled fields always', () => {
  const held = {
    ...{
      email: 'old@a.example',
      firstname: 'ANN',
      city: 'Leeds',
      jobtitle: ' Head ',
      hubspot_owner_id: '8002',
    },
    ...{ country: 'GB', phone: '+449', hs_additional_emails: 'ann@a.example' },
  };
  const means = { email: 'ann@a.example', firstname: 'Ann', city: 'York', hubspot_owner_id: '8001' };
  const ann = one('contact:1', [row('azure.customers', 'C1', means)], held);
  expect(expectedPortal(handWorld([ann])).contacts[0]).toMatchObject({
    heldId: '91',
    properties: {
      ...{
        email: 'ann@a.example',
        firstname: 'Ann',
        city: 'Leeds',
        jobtitle: ' Head ',
        hubspot_owner_id: '8002',
      },
      ...{ country: 'GB', phone: '+449' },
    },
  });
});

test('a shared value that changed at the source after the first sync wins, one that changed before does not', () => {
  const moved = (at: string) =>
    row('azure.customers', 'C1', { city: 'York' }, { changedLater: { city: at } });
  const world = handWorld([
    one('contact:1', [moved(later)], { city: 'Leeds' }),
    one('contact:2', [moved(latest)], { city: 'Leeds' }),
  ]);
  const { contacts } = expectedPortal(world, { firstSyncAt: '2026-06-15T00:00:00.000Z' });
  expect(contacts.map(({ properties }) => properties.city)).toEqual(['Leeds', 'York']);
});

test('an owner is filled only when the record is created', () => {
  const rows = [row('azure.customers', 'C1', { hubspot_owner_id: '8001' })];
  const world = handWorld([one('contact:1', rows), one('contact:2', rows, { email: 'a@b.example' })]);
  expect(expectedPortal(world).contacts.map(({ properties }) => properties.hubspot_owner_id)).toEqual([
    '8001',
    undefined,
  ]);
});

test('an opt-out from anyone wins, also from the portal', () => {
  const no = row('azure.customers', 'C1', { marketing_opt_out: 'false' });
  const yes = row('eol.subscribers', '5', { marketing_opt_out: 'true' });
  const world = handWorld([
    one('contact:1', [no, yes]),
    one('contact:2', [no], { marketing_opt_out: 'true' }),
    one('contact:3', [no], { firstname: 'A' }),
  ]);
  expect(expectedPortal(world).contacts.map(({ properties }) => properties.marketing_opt_out)).toEqual([
    'true',
    'true',
    'false',
  ]);
});

test('a stage of life only moves forward', () => {
  const stage = (value: string) => [row('azure.customers', 'C1', { lifecyclestage: value })];
  const world = handWorld([
    one('contact:1', stage('lead'), { lifecyclestage: 'opportunity' }),
    one('contact:2', stage('customer'), { lifecyclestage: 'opportunity' }),
    one('contact:3', stage('lead'), { lifecyclestage: 'subscriber' }),
  ]);
  expect(expectedPortal(world).contacts.map(({ properties }) => properties.lifecyclestage)).toEqual([
    'opportunity',
    'customer',
    'lead',
  ]);
});

test('associations follow the references, those made by hand stay, unknown ends are problems', () => {
  const hand = [{ toObject: 'companies' as const, toId: '94', types: [279] }];
  const world = handWorld([
    one('company:1', [
      row('azure.companies', 'K1', { name: 'Acme' }),
      row('azure.companies', 'K1B', { name: 'Acme' }),
    ]),
    one(
      'contact:2',
      [row('azure.customers', 'C2', {}, { links: [employer('K1B')] })],
      { firstname: 'Bo' },
      hand,
    ),
    one('contact:3', [
      row(
        'azure.customers',
        'C3',
        {},
        { links: [employer('K9')], faults: [{ field: null, kind: 'waitingForParent' }] },
      ),
    ]),
    one('deal:5', [row('erp.orders', '7', { amount: '5' }, { links: [customer('C2'), employer('K1')] })]),
    one('company:4', [], { name: 'Walk-in' }),
  ]);
  const { associations, problems } = expectedPortal(world);
  expect(associations).toEqual([
    { from: 'contact:2', to: 'company:1', types: [1, 279] },
    { from: 'deal:5', to: 'contact:2', types: [3] },
    { from: 'deal:5', to: 'company:1', types: [5, 341] },
    { from: 'contact:2', to: 'company:4', types: [279] },
  ]);
  expect(problems).toEqual([{ source: 'azure', stream: 'customers', key: 'C3', kind: 'waitingForParent' }]);
});

test('a planted fault is a problem and its field is left to the next source', () => {
  const faulty = row(
    'azure.customers',
    'C1',
    { firstname: 'Ann' },
    { faults: [{ field: 'date_of_birth', kind: 'invalidValue' }] },
  );
  const world = handWorld(
    [one('contact:1', [faulty, row('ielts.registrations', 'I1', { date_of_birth: '1990-02-28' })])],
    [{ source: 'impact', stream: 'referrals', index: 0, text: 'a,b' }],
  );
  const { contacts, problems } = expectedPortal(world);
  expect(contacts[0]?.properties).toEqual({ firstname: 'Ann', date_of_birth: '1990-02-28' });
  expect(problems).toEqual([
    { source: 'azure', stream: 'customers', key: 'C1', field: 'date_of_birth', kind: 'invalidValue' },
    { source: 'impact', stream: 'referrals', key: null, kind: 'unreadable' },
  ]);
});

test('a record deleted at the source is kept, withdrawn or archived, as configured', () => {
  const gone = row('eol.subscribers', '5', { eol_plan: 'pro', phone: '+441', city: 'Leeds' }, { gone: true });
  const stays = row(
    'azure.customers',
    'C1',
    { firstname: 'Ann', phone: '+442' },
    { changedAt: '2025-01-01T00:00:00.000Z' },
  );
  const world = handWorld([one('contact:1', [stays, gone], { city: 'York' }), one('contact:2', [gone])]);
  const seen = (rule: 'keep' | 'withdraw' | 'archive') =>
    expectedPortal(world, { whenGone: { 'eol.subscribers': rule } }).contacts.map(
      ({ properties }) => properties,
    );
  expect(seen('keep')).toEqual([
    { city: 'York', firstname: 'Ann', phone: '+441', eol_plan: 'pro' },
    { eol_plan: 'pro', phone: '+441', city: 'Leeds' },
  ]);
  expect(seen('withdraw')).toEqual([{ city: 'York', firstname: 'Ann', phone: '+442' }, {}]);
  expect(seen('archive')).toEqual([{ city: 'York', firstname: 'Ann', phone: '+442' }]);
});

test('a world in which two rows of one source disagree is refused, not guessed', () => {
  const twice = one('contact:1', [
    row('azure.customers', 'C1', { city: 'A' }),
    row('azure.customers', 'C1B', { city: 'B' }),
  ]);
  expect(() => expectedPortal(handWorld([twice]))).toThrow('ambiguous: city of azure/C1, azure/C1B');
});

test('the changed cases are those whose expected values differ', () => {
  const state = (plan: string) =>
    handWorld([
      one('contact:1', [row('eol.subscribers', '5', { eol_plan: plan })]),
      one('contact:2', [row('eol.subscribers', '6', {})]),
    ]);
  expect(changedCases(expectedPortal(state('pro')), expectedPortal(state('basic')))).toEqual([
    { object: 'contacts', caseId: 'contact:1', properties: ['eol_plan'] },
  ]);
});
