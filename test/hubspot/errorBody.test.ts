import { readConflictingId, readErrorBody, readPropertyErrors } from '../../src/hubspot/errorBody';

const invalidOption =
  'Property values were not valid: [{"isValid":false,"message":"gold was not one of the allowed options: [silver, bronze]","error":"INVALID_OPTION","name":"tier","localizedErrorMessage":"nein","portalId":1},' +
  '{"isValid":false,"message":"Property \\"missing\\" does not exist","error":"PROPERTY_DOESNT_EXIST","name":"missing"}]';

test('the JSON inside a validation message names every refused property', () => {
  expect(readPropertyErrors(readErrorBody({ message: invalidOption, category: 'VALIDATION_ERROR' }))).toEqual(
    [
      {
        property: 'tier',
        code: 'INVALID_OPTION',
        message: 'gold was not one of the allowed options: [silver, bronze]',
      },
      { property: 'missing', code: 'PROPERTY_DOESNT_EXIST', message: 'Property "missing" does not exist' },
    ],
  );
});

test('without embedded JSON the context of the details names the property', () => {
  const body = readErrorBody({
    message: 'Property values were not valid',
    errors: [
      { message: 'x was not a valid long', code: 'INVALID_LONG', context: { propertyName: ['age'] } },
      { message: 'no details' },
    ],
  });
  expect(readPropertyErrors(body)).toEqual([
    { property: 'age', code: 'INVALID_LONG', message: 'x was not a valid long' },
  ]);
});

test('a message that only looks like JSON is left as text', () => {
  for (const message of ['Property values were not valid: [{broken', 'ids [1, 2]', '] [', '[{]']) {
    expect(readPropertyErrors(readErrorBody({ message }))).toEqual([]);
  }
});

test.each([
  ['Contact already exists. Existing ID: 482701', '482701'],
  ['Contact already exists. existing id:7', '7'],
  ['Contact already exists', null],
  ['', null],
])('the existing id of %p is %p', (message, id) => {
  expect(readConflictingId(readErrorBody({ message }))).toBe(id);
});

test('the existing id may stand in a detail (identityProfile family)', () => {
  const body = {
    message: 'Contact already exists',
    error: 'CONTACT_EXISTS',
    identityProfile: { vid: 5, identity: [] },
    errors: [{ message: 'A contact with email x already exists. Existing ID: 91', in: 'email' }],
  };
  expect(readConflictingId(readErrorBody(body))).toBe('91');
  expect(readErrorBody(body).category).toBe('CONTACT_EXISTS');
});
