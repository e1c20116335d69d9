import { pinText } from '../../src/cli/commands/pins';
import type { PinRow } from '../../src/db/golden/pinQueries';

const pin: PinRow = {
  pinId: '12',
  objectType: 'contacts',
  goldenId: 'g',
  recordId: '7',
  property: 'city',
  value: 'Bath',
  setBy: 'person',
  writer: 'CRM_UI userId:17',
  setAt: new Date('2026-01-09T10:00:00Z'),
  state: 'pinned',
  expiresAt: null,
  endedAt: null,
  endedBy: null,
  who: null,
  note: null,
};
const first = '#12 contacts.city (HubSpot 7): Bath';
const since = '    CRM_UI userId:17 on 2026-01-09T10:00:00.000Z; ';
const later = new Date('2026-02-08T10:00:00Z');

test.each<[string, Partial<PinRow>, string, string]>([
  ['without an end', {}, first, 'until the source changes'],
  ['for a time', { expiresAt: later }, first, 'until 2026-02-08T10:00:00.000Z, or the source changes'],
  ['a cleared value', { value: '' }, '#12 contacts.city (HubSpot 7): (cleared)', 'until the source changes'],
  ['a question', { state: 'review', expiresAt: later }, first, 'waits for a decision (tributary reviews)'],
  [
    'lifted',
    { state: 'ended', endedAt: later, endedBy: 'lifted', who: 'ann', note: 'typing error' },
    first,
    'ended 2026-02-08T10:00:00.000Z (lifted) by ann, typing error',
  ],
  [
    'over',
    { state: 'ended', endedAt: later, endedBy: 'sourceChanged' },
    first,
    'ended 2026-02-08T10:00:00.000Z (sourceChanged)',
  ],
])('a pin says whose field it is, who set it and for how long: %s', (_, changes, head, tail) => {
  expect(pinText({ ...pin, ...changes })).toBe(`${head}\n${since}${tail}`);
});
