import { edited, faultsOf } from './baseConfig';

/** The base configuration with a second drop folder, beside `/srv/drop` for `*.csv`. */
function faultsWith(folder: string, pattern: string, first = '*.csv'): string[] {
  const other = `  other:
    kind: files
    connection: { folder: ${folder} }
    streams:
      firms: { object: contacts, pattern: '${pattern}', format: csv, recordKey: id, map: { email: mail } }
objects:`;
  return faultsOf(edited(["pattern: '*.csv'", `pattern: '${first}'`], ['objects:', other])).map(
    ({ path }) => path,
  );
}

const taken = ['sources.other.streams.firms.pattern'];

test.each([
  ['*.csv', '*.csv'],
  ['*.csv', 'firms-*'],
  ['*-leads.csv', 'emea-*.csv'],
  ['a*b*c', '*bbc'],
  ['leads.csv', '*'],
  ['**', 'x'],
])('%s and %s may be the same file', (first, second) => {
  expect(faultsWith('/srv/drop/', second, first)).toEqual(taken);
  expect(faultsWith('/srv/drop', first, second)).toEqual(taken);
});

test.each([
  ['*.csv', '*.jsonl'],
  ['leads-*', 'firms-*'],
  ['leads.csv', 'leads.csv2'],
  ['a*b', 'a*c'],
  ['leads.csv', 'Leads.csv'],
])('%s and %s never are', (first, second) => {
  expect(faultsWith('/srv/drop', second, first)).toEqual([]);
  expect(faultsWith('/srv/drop', first, second)).toEqual([]);
});

test('another folder has other files', () => {
  expect(faultsWith('/srv/other', '*.csv')).toEqual([]);
});
