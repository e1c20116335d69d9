import { markEchoes } from '../../src/domain/delivery/targetState';
import type { MappedRecord } from '../../src/domain/record';
import { fieldRule } from './sampleRules';

const properties = [fieldRule('phone')];
const at = '2026-01-01T00:00:00.000Z';
const record = ({ phone }: { phone: string }, more: { ours?: true } = {}): MappedRecord => ({
  ...{
    source: 'desk',
    stream: 'callers',
    key: '7',
    objectType: 'contacts',
    references: [],
    identityKeys: [],
  },
  fields: { phone: { value: phone, at, ...more } },
});
const echoed = (phone: string) => record({ phone }, { ours: true });

test('an echo is one while the next value is on its way, and the record may hold either', () => {
  const on = [{ phone: 'B' }, { phone: 'C' }];
  for (const phone of ['B', 'C'])
    expect(markEchoes(record({ phone }), on, properties, null).fields['phone']).toHaveProperty('ours');
  expect(markEchoes(record({ phone: 'D' }), on, properties, null).fields['phone']).not.toHaveProperty('ours');
});

test('an echo is one in a read that is older than the next write, and nobody’s word after it', () => {
  const next = [{ phone: 'C' }];
  expect(markEchoes(record({ phone: 'B' }), next, properties, echoed('B')).fields['phone']).toHaveProperty(
    'ours',
  );
  for (const earlier of [null, echoed('A'), record({ phone: 'B' })])
    expect(markEchoes(record({ phone: 'B' }), next, properties, earlier).fields['phone']).not.toHaveProperty(
      'ours',
    );
});
