/**
 * `npm run defects`: plants one defect after the other into the compiled `domain` and runs a first sync with it; the
 * comparison with the oracle must fail every time, or it could not be trusted when it passes. Not part of `npm test`.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRiver } from './river';

interface Defect {
  name: string;
  file: string;
  /** Must stand in the compiled file exactly once. */
  text: string;
  instead: string;
}

const defects: Defect[] = [
  {
    name: 'precedence reversed',
    file: 'mergeGolden',
    text: 'rank(precedence, a) - rank(precedence, b)',
    instead: 'rank(precedence, b) - rank(precedence, a)',
  },
  {
    name: 'most recent is taken for precedence and the reverse',
    file: 'mergeGolden',
    text: "resolve === 'recent' ?",
    instead: "resolve !== 'recent' ?",
  },
  {
    name: 'a shared value of HubSpot loses on adoption',
    file: 'mergeGolden',
    text: 'fromSources.field.at > anchor.field.at ? sourceWins : anchorWins',
    instead: 'sourceWins',
  },
  {
    name: 'opt-out ignored',
    file: 'mergeGolden',
    text: 'if (rule.optOutValue === undefined) return null;',
    instead: 'return null;',
  },
  {
    name: 'fields that HubSpot owns are left out of new records',
    file: 'mergeGolden',
    text: '_record.hubspotSource) ? null : sourceWins;',
    instead: '_record.hubspotSource) ? null : null;',
  },
  {
    name: 'a missing value clears what HubSpot has',
    file: 'diffState',
    text: "return stillOurs ? '' : undefined;",
    instead: "return held === '' ? undefined : '';",
  },
  {
    name: 'e-mail not folded',
    file: 'canonicalValue',
    text: 'return value.trim().toLowerCase();',
    instead: 'return value.trim();',
  },
  {
    name: 'similarity threshold 0',
    file: 'identityEdges',
    text: "?? '') > above;",
    instead: "?? '') >= 0;",
  },
  {
    name: 'maxSharers off by ten',
    file: 'identityEdges',
    text: '> rules.maxSharers)',
    instead: '> rules.maxSharers + 10)',
  },
  {
    name: 'references dropped',
    file: 'mapRecord',
    text: 'if (toKey !== undefined) references.push({',
    instead: 'if (toKey === null) references.push({',
  },
  {
    name: 'labels of associations ignored',
    file: 'associationTypes',
    text: 'if (labels.length === 0) {',
    instead: 'if (labels.length >= 0) {',
  },
  {
    name: 'an unknown choice is written as it is',
    file: 'choiceTransforms',
    text: "(0, _transformContract.invalid)('is none of the values that the map knows') : otherwise",
    instead: 'text : otherwise',
  },
  {
    name: 'time zones ignored',
    file: 'wallTime',
    text: '.offset(epochMs) * 60_000',
    instead: '.offset(epochMs) * 0',
  },
  {
    name: 'national phone numbers read without their country',
    file: 'contactTransforms',
    text: 'if (named !== undefined && !',
    instead: 'if (named === null && !',
  },
  {
    name: 'fractions of amounts cut off',
    file: 'canonicalNumber',
    text: "(rest === '' ? '' : '.' + rest)",
    instead: "''",
  },
];

/** So many that every plot of the demo world stands in it. */
const people = 1_000;
const runMsMax = 90_000;
const project = join(__dirname, '../..');
const found: [string, string][] = [];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-defects-'));
  cpSync(process.env['TRIBUTARY_TEST_DIST'] ?? join(project, 'dist'), join(folder, 'dist'), {
    recursive: true,
  });
  cpSync(join(project, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  const width = Math.max(...found.map(([name]) => name.length));
  const lines = found.map(([name, difference]) => `${name.padEnd(width)}  ${difference}`);
  process.stdout.write(`\n${lines.join('\n')}\n`);
});

test('without a defect there is no difference', async () => {
  expect(await firstSyncDifferences()).toBe('');
});

test.each(defects)(
  'found: $name',
  async ({ name, file, text, instead }) => {
    const path = join(folder, 'dist/domain', `${file}.js`);
    const bundle = join(folder, 'dist/workflows.bundle.js');
    const before = [path, bundle].map((place) => [place, readFileSync(place, 'utf8')] as const);
    expect(before[0]![1].split(text)).toHaveLength(2);
    // Workflows may use the domain too: then the bundle has the same defect.
    for (const [place, code] of before) writeFileSync(place, code.replaceAll(text, instead));
    try {
      const differences = await firstSyncDifferences();
      const lines = differences.split('\n').map((line) => line.trim());
      found.push([name, lines[1] ?? lines[0] ?? '']);
      expect(differences).not.toBe('');
    } finally {
      for (const [place, code] of before) writeFileSync(place, code);
    }
  },
  150_000,
);

/** What a first sync of a small world ends with; a run that does not end is a difference too. */
async function firstSyncDifferences(): Promise<string> {
  const river = await startRiver({ people, dist: join(folder, 'dist') });
  try {
    await river.startWorker();
    await river.open();
    const run = await river.startSync();
    let late: NodeJS.Timeout | undefined;
    const deadline = new Promise<null>((resolve) => (late = setTimeout(() => resolve(null), runMsMax)));
    const result = (await Promise.race([run.result(), deadline])) as { state: string } | null;
    clearTimeout(late);
    if (result === null) return `the run does not end within ${runMsMax / 1_000} s`;
    return (await river.differences()) || (result.state === 'succeeded' ? '' : `the run ${result.state}`);
  } finally {
    await river.stop();
  }
}
