import { readAssociationReply, type SentAssociation } from '../../src/hubspot/associationReply';
import { noRateLimitHeaders } from '../../src/hubspot/rateLimitHeaders';

const reply = (status: number, value: unknown) => ({
  status,
  headers: noRateLimitHeaders,
  body: value === undefined ? { kind: 'none' as const } : { kind: 'json' as const, value },
});
const pair = (fromId: string, toId: string): SentAssociation => ({
  fromId,
  toId,
  types: [{ category: 'HUBSPOT_DEFINED', typeId: 279 }],
});
const kinds = (reading: ReturnType<typeof readAssociationReply>) =>
  Object.fromEntries([...reading.outcomes].map(([key, outcome]) => [key, outcome.kind]));

test('a pair is written when the results hold it, ids as numbers or strings', () => {
  const inputs = [pair('1', '10'), pair('2', '20'), pair('3', '30')];
  const results = [
    { fromObjectTypeId: '0-1', fromObjectId: 2, toObjectTypeId: '0-2', toObjectId: 20, labels: [] },
    { from: { id: '1' }, to: { id: '10' }, associationSpec: {} },
    { fromObjectId: '3', toObjectId: '999' },
  ];
  expect(kinds(readAssociationReply(inputs, reply(201, { results }), 'results'))).toEqual({
    '1>10': 'written',
    '2>20': 'written',
    '3>30': 'unproved',
  });
});

test('a create without results and errors proves nothing; an archive does', () => {
  const inputs = [pair('1', '10')];
  expect(kinds(readAssociationReply(inputs, reply(200, {}), 'results'))).toEqual({ '1>10': 'unproved' });
  expect(kinds(readAssociationReply(inputs, reply(204, undefined), 'noErrors'))).toEqual({
    '1>10': 'written',
  });
});

test('an error rejects the pairs that it names by both ends, one end, or a list of invalid ids', () => {
  const inputs = [pair('1', '10'), pair('1', '20'), pair('2', '20'), pair('3', '30')];
  const rejected = (context: object) => {
    const errors = [
      { category: 'VALIDATION_ERROR', subCategory: 'crm.associations.TO_OBJECT_NOT_FOUND', context },
    ];
    const found = readAssociationReply(inputs, reply(207, { results: [], errors }), 'results').outcomes;
    return [...found].filter(([, outcome]) => outcome.kind === 'rejected').map(([key]) => key);
  };
  expect(rejected({ fromObjectId: ['1'], toObjectId: ['20'] })).toEqual(['1>20']);
  expect(rejected({ toObjectId: ['20'] })).toEqual(['1>20', '2>20']);
  expect(rejected({ INVALID_OBJECT_IDS: ['3'] })).toEqual(['3>30']);
  expect(rejected({})).toEqual([]);
});

test('an error that names no pair leaves the rest unproved, also of an archive', () => {
  const inputs = [pair('1', '10'), pair('2', '20')];
  const errors = [{ category: 'VALIDATION_ERROR', message: 'One or more associations are invalid' }];
  for (const proof of ['results', 'noErrors'] as const) {
    const reading = readAssociationReply(inputs, reply(207, { errors }), proof);
    expect(reading.outcomes.get('1>10')).toEqual({ kind: 'unproved', why: 'unattributed', category: null });
  }
});

test('a refused batch is split down to the pair, which is then rejected', () => {
  const body = { message: 'One or more associations are invalid', category: 'VALIDATION_ERROR' };
  const several = readAssociationReply([pair('1', '10'), pair('2', '20')], reply(400, body), 'results');
  expect(several.wholeBatch?.verdict.action).toBe('split');
  expect(several.outcomes.size).toBe(0);
  expect(kinds(readAssociationReply([pair('1', '10')], reply(400, body), 'results'))).toEqual({
    '1>10': 'rejected',
  });
});

test('a refusal of one pair without a word of HubSpot’s refuses nothing', () => {
  const cut = { ...reply(400, null), body: { kind: 'html' as const } };
  expect(kinds(readAssociationReply([pair('1', '10')], cut, 'results'))).toEqual({ '1>10': 'unproved' });
});
