import {
  archiveAssociations,
  createAssociations,
  listAssociationLabels,
  readAssociations,
} from '../../src/hubspot/associations';
import { askHubSpot } from './askHubSpot';

const hubspot = askHubSpot();

describe('associations', () => {
  const pair = { fromType: 'contacts', toType: 'companies' };

  test('createAssociations sends types and uses the associations quota', async () => {
    hubspot.replies(201, { results: [{ fromObjectId: 1, toObjectId: 2, labels: [] }] });
    const types = [{ category: 'HUBSPOT_DEFINED', typeId: 279 }];
    const reading = await createAssociations(hubspot.client, {
      ...pair,
      inputs: [{ fromId: '1', toId: '2', types }],
    });
    expect(reading.outcomes.get('1>2')).toEqual({ kind: 'written' });
    expect(hubspot.server.seen[0]).toMatchObject({
      url: '/crm/associations/2026-09/contacts/companies/batch/create',
      body: {
        inputs: [
          {
            from: { id: '1' },
            to: { id: '2' },
            types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 }],
          },
        ],
      },
    });
    expect(hubspot.buckets).toEqual(['associations']);
    await expect(
      createAssociations(hubspot.client, { ...pair, inputs: [{ fromId: '1', toId: '2', types: [] }] }),
    ).rejects.toMatchObject({ action: 'defect' });
  });

  test('archiveAssociations groups by from and is proved by 204', async () => {
    hubspot.answer = (_, response) => response.writeHead(204).end();
    const reading = await archiveAssociations(hubspot.client, {
      ...pair,
      inputs: [{ fromId: '1', toIds: ['2', '3'] }],
    });
    expect([...reading.outcomes]).toEqual([
      ['1>2', { kind: 'written' }],
      ['1>3', { kind: 'written' }],
    ]);
    expect(hubspot.server.seen[0]!.body).toEqual({
      inputs: [{ from: { id: '1' }, to: [{ id: '2' }, { id: '3' }] }],
    });
  });

  test('readAssociations tells none from failed, and says what is left to read', async () => {
    hubspot.replies(207, {
      results: [
        {
          from: { id: '1' },
          to: [
            { toObjectId: 20, associationTypes: [{ category: 'HUBSPOT_DEFINED', typeId: 279, label: null }] },
          ],
          paging: { next: { after: 'more' } },
        },
      ],
      errors: [
        {
          category: 'OBJECT_NOT_FOUND',
          subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
          message: 'none',
          context: { fromObjectId: ['2'] },
        },
        { category: 'VALIDATION_ERROR', message: 'bad', context: { fromObjectId: ['3'] } },
      ],
    });
    const read = await readAssociations(hubspot.client, {
      ...pair,
      inputs: [{ id: '1' }, { id: '2' }, { id: '3' }],
    });
    expect(read.byFromId).toEqual(
      new Map([
        ['1', [{ toId: '20', types: [{ category: 'HUBSPOT_DEFINED', typeId: 279, label: null }] }]],
        ['2', []],
      ]),
    );
    expect(read.more).toEqual([{ id: '1', after: 'more' }]);
    expect(read.failed).toEqual([{ id: '3', category: 'VALIDATION_ERROR' }]);
  });

  test('an error that names nobody is never taken for "no associations"', async () => {
    hubspot.replies(207, {
      results: [],
      errors: [{ category: 'INTERNAL_ERROR', message: 'x', context: { objectType: ['contacts'] } }],
    });
    const read = await readAssociations(hubspot.client, { ...pair, inputs: [{ id: '1' }] });
    expect(read.byFromId.size).toBe(0);
    expect(read.failed).toEqual([{ id: '1', category: 'INTERNAL_ERROR' }]);
  });

  test('labels are listed', async () => {
    hubspot.replies(200, { results: [{ category: 'USER_DEFINED', typeId: 37, label: 'Tutor' }] });
    expect(await listAssociationLabels(hubspot.client, pair)).toMatchObject([{ typeId: 37, label: 'Tutor' }]);
  });
});
