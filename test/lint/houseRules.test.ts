import { lintTexts, type PlantedText } from './lintTexts';

// Loading the linter takes seconds, and more on a busy machine.

const long = (head: string): string => `${head}\n${'export {};\n'.repeat(300)}`;

const refused: [says: string, planted: PlantedText][] = [
  ['Only src/config/env.ts', { file: 'src/api/planted.ts', text: `export const y = process.env['HOME'];` }],
  ['Only src/config/env.ts', { file: 'src/worker/planted.ts', text: `export const y = process['env'];` }],
  [
    'Only src/config/env.ts',
    { file: 'src/db/planted.ts', text: `const { env } = process; export const y = env;` },
  ],
  [
    'global `process`',
    { file: 'src/db/planted.ts', text: `import { env } from 'node:process'; export const y = env;` },
  ],
  ['time comes in', { file: 'src/domain/planted.ts', text: `export const y = Date.now();` }],
  ['time comes in', { file: 'src/domain/planted.ts', text: `export const y = new Date();` }],
  [
    'time comes in',
    { file: 'src/domain/planted.ts', text: `export const y = (D: typeof DateTime) => DateTime.now();` },
  ],
  ['Randomness', { file: 'src/domain/planted.ts', text: `export const y = Math.random();` }],
  ['is pure', { file: 'src/domain/planted.ts', text: `export const y = crypto.randomUUID();` }],
  ['is pure', { file: 'src/domain/planted.ts', text: `export const y = fetch('http://127.0.0.1');` }],
  ['Name what you export', { file: 'src/api/planted.ts', text: `export default 1;` }],
  ['Name what you export', { file: 'test/planted.ts', text: `const y = 1; export { y as default };` }],
  ['string union', { file: 'src/api/planted.ts', text: `export enum Colour { red }` }],
  ['says nothing', { file: 'src/api/utils.ts', text: `export const y = 1;` }],
  ['says nothing', { file: 'src/api/shared/planted.ts', text: `export const y = 1;` }],
  ['not camelCase', { file: 'src/api/planted-file.ts', text: `export const y = 1;` }],
  ['301 lines', { file: 'src/api/planted.ts', text: long('// a long file') }],
  ['301 lines', { file: 'test/planted.ts', text: long('// Reason for length:') }],
  ...(
    [
      `(signature: string, other: string) => signature === other`,
      `(request: { signature: string }, other: string) => other !== request.signature`,
      `(clientSecret: string, given: string) => given == clientSecret`,
      `(hash: { digest(how: string): string }, given: string) => hash.digest('hex') === given`,
      `(token: { reveal(): string }, given: string) => given === token.reveal()`,
      `(tokenHash: Buffer, given: Buffer) => tokenHash.equals(given)`,
      `(one: Buffer, digest: Buffer) => Buffer.compare(one, digest)`,
      `(password: string, known: string[]) => known.includes(password)`,
      `(signatureHex: string, given: string) => given.toLowerCase() === signatureHex.toLowerCase()`,
      `(apiKey: string) => { switch (apiKey) { default: } }`,
    ] as const
  ).map((text): [string, PlantedText] => [
    'timingSafeEqual',
    { file: 'src/api/planted.ts', text: `export const y = ${text};` },
  ]),
  [
    'promise',
    { file: 'src/launch/freePort.ts', text: `export const y = () => { void 0; fetch('x'); };`, typed: true },
  ],
  [
    'Promise',
    {
      file: 'src/launch/freePort.ts',
      text: `export const y = () => { if (fetch('x')) return; };`,
      typed: true,
    },
  ],
];

const allowed: PlantedText[] = [
  { file: 'src/config/env.ts', text: `export const y = process.env['HOME'];` },
  { file: 'src/launch/planted.ts', text: `export const y = process.env['PATH'];` },
  { file: 'test/planted.ts', text: `export const y = process.env['HOME'];` },
  { file: 'bench/planted.ts', text: `export const y = process.env['HOME'];` },
  { file: 'src/domain/planted.ts', text: `export const y = new Date(0);` },
  { file: 'src/db/planted.ts', text: `export const y = Date.now();` },
  { file: 'src/api/planted.ts', text: long('// Reason for length: a table of 300 countries') },
  { file: 'src/launch/freePort.ts', text: `export const y = () => { void fetch('x'); };`, typed: true },
  {
    file: 'src/api/planted.ts',
    text: `export const y = (secret?: string) => secret === undefined || secret === '' || typeof secret === 'string';`,
  },
];

describe('the house rules', () => {
  let found: string[][];
  beforeAll(() => (found = lintTexts(refused.map(([, planted]) => planted))));

  it.each(refused.map(([says, planted], index) => ({ says, file: planted.file, index })))(
    'refuse in $file: $says',
    ({ says, index }) => {
      expect(found[index]?.join()).toContain(says);
    },
  );

  it('allow the ordinary', () => {
    expect(lintTexts(allowed)).toEqual(allowed.map(() => []));
  });
});
