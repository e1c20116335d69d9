import { nextLookup, storedKeysOf, touchedKeys } from '../../src/domain/identity/expandComponent';
import type { IdentityRecord } from '../../src/domain/identity/identityRecord';
import type { RecordRef } from '../../src/domain/record';

const newGoldenId = (ref: RecordRef, attempt: number) => `${ref.source}${ref.key}#${attempt}`;
const nothingAsked = { keys: new Set<string>(), goldenIds: new Set<string>() };
const all = () => true;

function recordOf(source: string, key: string, state: Partial<IdentityRecord> = {}): IdentityRecord {
  const record = {
    ...{ source, stream: 'people', key, anchor: source === 'hubspot', tributaryId: null, keys: [] },
    ...{ similarText: {}, limits: {}, goldenId: null, fixed: false },
    ...state,
  };
  return { ...record, keys: storedKeysOf(record, newGoldenId) };
}

describe('the keys a slice touches', () => {
  const email = (name: string) => ({ rule: 0, key: `email:${name}@x.org` });
  const change = { before: [email('old')], after: [email('new')] };

  test('lost and gained keys are touched', () => {
    expect(touchedKeys([change], {}, {}, 3)).toEqual(['email:new@x.org', 'email:old@x.org']);
  });

  test.each([
    ['joins nobody before and after', 4, 5, []],
    ['becomes too common', 3, 4, ['email:new@x.org']],
    ['becomes rare enough', 4, 3, ['email:new@x.org']],
  ])('a key that %s', (_, before, after, touched) => {
    const gained = { before: [], after: [email('new')] };
    expect(touchedKeys([gained], { 'email:new@x.org': before }, { 'email:new@x.org': after }, 3)).toEqual(
      touched,
    );
  });
});

describe('what is looked up next', () => {
  test('evident keys, and the golden id that the record would found', () => {
    const record = recordOf('a', '1', {
      keys: [
        { rule: 0, key: 'email:ann@x.org' },
        { rule: 0, key: 'email:desk@x.org' },
      ],
    });
    const isEvident = (key: string) => key !== 'email:desk@x.org';
    expect(nextLookup([record], nothingAsked, isEvident, newGoldenId)).toEqual({
      keys: ['email:ann@x.org', 'tributaryId:a1#0'],
      goldenIds: ['a1#0'],
    });
  });

  test('where the founded id turns out to be taken, the next one', () => {
    const asked = { keys: new Set(['tributaryId:a1#0']), goldenIds: new Set(['a1#0']) };
    const other = recordOf('b', '1', { goldenId: 'a1#0', fixed: true });
    const lookup = nextLookup([recordOf('a', '1'), other], asked, all, newGoldenId);
    expect(lookup.goldenIds).toEqual(['a1#1']);
  });

  test('an anchor leads to the record that founds the id it carries', () => {
    const anchor = recordOf('hubspot', '7', { tributaryId: 'a1#0' });
    expect(nextLookup([anchor], nothingAsked, all, newGoldenId).keys).toEqual(['tributaryId:a1#0']);
    expect(recordOf('a', '1').keys).toContainEqual({ rule: -1, key: 'tributaryId:a1#0' });
  });

  test('nothing, once all is asked', () => {
    const record = recordOf('a', '1');
    const asked = { keys: new Set(['tributaryId:a1#0']), goldenIds: new Set(['a1#0']) };
    expect(nextLookup([record], asked, all, newGoldenId)).toEqual({ keys: [], goldenIds: [] });
  });
});
