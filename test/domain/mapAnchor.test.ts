import { mapAnchor, type AnchorState } from '../../src/domain/mapping/mapAnchor';
import { fieldRule, objectRules, onDay } from './sampleRules';

const rules = objectRules([fieldRule('x', { type: 'number' }), fieldRule('y')]);
const ref = { source: 'hubspot', stream: 'contacts', key: '7' };
const edit = { value: '2.0', at: onDay(3), by: 'person' as const, writer: 'CRM_UI userId:1' };
const map = (properties: Record<string, string | null>, known: Partial<AnchorState> = {}) =>
  mapAnchor(ref, { properties }, { kept: {}, sent: {}, edits: {}, ...known }, onDay(9), rules).fields;

test('what nobody is known for counts as of the moment it was read; what is empty is absent', () => {
  expect(map({ x: '2', y: '' })).toEqual({ x: { value: '2', at: onDay(9) } });
  expect(map({ x: null })).toEqual({});
});

test('what we sent last is ours, however it is spelled, also where its history was read once', () => {
  expect(map({ x: '2' }, { sent: { x: '2.0' }, edits: { x: edit } })).toEqual({
    x: { value: '2', at: onDay(9), ours: true },
  });
});

test('an edit has the time and the writer of HubSpot’s history, as long as HubSpot holds it', () => {
  const { at, by, writer } = edit;
  expect(map({ x: '2' }, { edits: { x: edit } })).toEqual({ x: { value: '2', at, by, writer } });
  expect(map({ x: '3' }, { edits: { x: edit } })).toEqual({ x: { value: '3', at: onDay(9) } });
});

test('a cleared value is one only where somebody is known to have cleared it', () => {
  const { at, by, writer } = edit;
  expect(map({ y: null }, { edits: { y: { ...edit, value: '' } } })).toEqual({
    y: { value: '', at, by, writer },
  });
  expect(map({ y: null }, { edits: { y: edit } })).toEqual({});
});

test('what a write of ours was answered with since it was read is what it holds', () => {
  const known = { kept: { x: '3', y: null }, sent: { x: '3', y: '' } };
  expect(map({ x: '2', y: 'old' }, known)).toEqual({ x: { value: '3', at: onDay(9), ours: true } });
});
