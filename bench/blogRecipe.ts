import { politeCall, type CallCount } from './politeCall';

/** As many at once as such scripts dare. */
const concurrency = 5;

export interface RecipeFigures extends CallCount {
  records: number;
  seconds: number;
  created: number;
  updated: number;
  /** Records that HubSpot refused: such a script logs them and goes on. */
  failed: number;
}

/** A contact as such a script reads it from its source: the properties that HubSpot shall hold, `email` among them. */
export type RecipeRecord = Record<string, string>;

/**
 * The search-then-write synchronisation of the common blog post: for each record search the contact by e-mail, then
 * update what was found or create it; some at a time, sleeping on 429. It keeps nothing and knows nothing of the last
 * run.
 */
export async function runBlogRecipe(url: string, records: RecipeRecord[]): Promise<RecipeFigures> {
  const figures = { calls: 0, refused: 0, created: 0, updated: 0, failed: 0 };
  const began = performance.now();
  let next = 0;
  const worker = async () => {
    for (let record = records[next++]; record; record = records[next++]) {
      const outcome = await searchThenWrite(url, record, figures);
      figures[outcome] += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { ...figures, records: records.length, seconds: (performance.now() - began) / 1_000 };
}

async function searchThenWrite(
  url: string,
  properties: RecipeRecord,
  count: CallCount,
): Promise<'created' | 'updated' | 'failed'> {
  const filters = [{ propertyName: 'email', operator: 'EQ', value: properties['email'] }];
  const search = { filterGroups: [{ filters }], properties: ['email'], limit: 1 };
  const path = '/crm/v3/objects/contacts';
  const found = await politeCall(url, { method: 'POST', path: `${path}/search`, body: search }, count);
  const { results = [] } = (await found.json()) as { results?: { id: string }[] };
  const known = results[0];
  const write = known ? { method: 'PATCH', path: `${path}/${known.id}` } : { method: 'POST', path };
  const written = await politeCall(url, { ...write, body: { properties } }, count);
  await written.arrayBuffer();
  if (!written.ok) return 'failed';
  return known ? 'updated' : 'created';
}
