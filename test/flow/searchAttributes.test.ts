import { createSearchAttributes } from '../../src/worker/searchAttributes';

const keyword = 2;

function namespaceWith(existing: Record<string, number>, refuses = false) {
  const added: object[] = [];
  const operatorService = {
    listSearchAttributes: async () => ({ customAttributes: existing }),
    addSearchAttributes: async ({ searchAttributes }: { searchAttributes: Record<string, number> }) => {
      if (refuses) throw new Error('PERMISSION_DENIED');
      added.push(searchAttributes);
      return {};
    },
  };
  const told: unknown[] = [];
  const attributes = createSearchAttributes({ operatorService } as never, 'default', (error) =>
    told.push(error),
  );
  return { attributes, added, told };
}

test('only the missing search attributes are registered', async () => {
  const { attributes, added } = namespaceWith({ TributaryPortal: keyword, Other: keyword });
  expect(await attributes.areRegistered()).toBe(false);
  await attributes.register();
  expect(added).toEqual([{ TributarySource: keyword, TributaryTrigger: keyword }]);
  expect(await attributes.areRegistered()).toBe(true);
});

test('where registering is not allowed it is told, nothing fails, and nothing is set', async () => {
  const { attributes, told } = namespaceWith({}, true);
  await attributes.register();
  expect(told).toHaveLength(1);
  expect(await attributes.areRegistered()).toBe(false);
});

test('an attribute of the same name but another type is not ours', async () => {
  const { attributes } = namespaceWith({
    TributaryPortal: 1,
    TributarySource: keyword,
    TributaryTrigger: keyword,
  });
  expect(await attributes.areRegistered()).toBe(false);
});
