import { lintTexts } from './lintTexts';

// Loading the linter takes seconds, and more on a busy machine.

/** The table of DESIGN §7 in its own words: from a folder, what is refused and what is allowed. */
const table: Record<string, { refused: string[]; allowed: string[] }> = {
  domain: {
    refused: [
      '../db/pool',
      '../config/env',
      '../launch/freePort',
      'node:crypto',
      'fs',
      'zod',
      'pg',
      '@temporalio/workflow',
    ],
    allowed: ['./record', './values/text', 'libphonenumber-js/min', 'luxon', 'tldts'],
  },
  workflows: {
    refused: [
      ...[
        '../db/pool',
        '../hubspot/client',
        '../sources/contract',
        '../config/env',
        '../api/server',
        '../worker/main',
      ],
      ...['../activities/deliver', '../activities', 'zod', 'pg', 'pino', 'node:fs', 'node:crypto', 'crypto'],
      ...['@temporalio/activity', '@temporalio/client', '@temporalio/worker'],
    ],
    allowed: ['../domain/record', './contracts', '@temporalio/workflow'],
  },
  sources: {
    refused: [
      ...[
        '../hubspot/client',
        '../db/pool',
        '../activities/extract',
        '../workflows/contracts',
        '../config/env',
      ],
      ...['../worker/main', '@temporalio/activity', 'express', 'pino'],
    ],
    allowed: ['../domain/record', './contract', 'zod', 'pg', 'mssql', 'csv-parse', 'node:fs'],
  },
  hubspot: {
    refused: [
      ...[
        '../sources/sql',
        '../sources/registry',
        '../db/pool',
        '../activities/extract',
        '../workflows/contracts',
      ],
      ...['../config/env', '../simulator/main', '@temporalio/common', 'pg'],
    ],
    allowed: [
      '../domain/record',
      '../sources/contract',
      './client',
      'zod',
      '@hubspot/api-client',
      'node:crypto',
    ],
  },
  db: {
    refused: [
      ...[
        '../sources/contract',
        '../hubspot/client',
        '../activities/extract',
        '../workflows/contracts',
        '../config/env',
      ],
      ...['@temporalio/common', 'express'],
    ],
    allowed: ['../domain/record', './pool', 'pg', 'zod', 'node:path'],
  },
  activities: {
    refused: [
      ...[
        '../workflows/syncRun',
        '../workflows',
        '../config/env',
        '../config/schema',
        '../api/server',
        '../worker/main',
      ],
      ...['../simulator/main', '@temporalio/workflow', '@temporalio/worker'],
    ],
    allowed: [
      ...[
        '../domain/record',
        '../sources/contract',
        '../hubspot/client',
        '../db/pool',
        '../workflows/contracts',
      ],
      ...['@temporalio/activity', 'node:crypto'],
    ],
  },
  config: {
    refused: [
      '../db/pool',
      '../hubspot/client',
      '../activities/extract',
      '../worker/main',
      '@temporalio/client',
      'pg',
    ],
    allowed: ['../domain/rules', './env', 'zod', 'yaml', 'pino', 'node:fs'],
  },
  api: {
    refused: [
      ...[
        '../activities/extract',
        '../sources/sql',
        '../hubspot/client',
        '../hubspot/batchReply',
        '../workflows/syncRun',
      ],
      ...['../workflows', '../worker/main', '../launch/freePort', '../simulator/main', '@temporalio/worker'],
    ],
    allowed: [
      ...[
        '../workflows/contracts',
        '../db/runs',
        '../config/env',
        '../hubspot/signature',
        '../hubspot/oauth',
      ],
      ...['../hubspot/schemas', 'express', '@temporalio/client', 'node:http'],
    ],
  },
  cli: {
    refused: [
      ...[
        '../activities/extract',
        '../sources/sql',
        '../hubspot/client',
        '../workflows/syncRun',
        '../worker/main',
      ],
      ...['../simulator/main', '../api/server', '@temporalio/worker', '@hubspot/api-client'],
    ],
    allowed: [
      '../workflows/contracts',
      '../db/runs',
      '../config/env',
      '../launch/childProcess',
      'commander',
      'node:path',
    ],
  },
  worker: {
    refused: ['../cli/main', '../launch/freePort', '../simulator/main'],
    allowed: [
      ...[
        '../domain/record',
        '../sources/sql',
        '../hubspot/client',
        '../db/pool',
        '../activities',
        '../workflows/contracts',
      ],
      ...['../config/env', '@temporalio/worker', 'pino', 'node:path'],
    ],
  },
  simulator: {
    refused: [
      ...[
        '../hubspot/schemas',
        '../hubspot/client',
        '../db/pool',
        '../activities/extract',
        '../workflows/contracts',
      ],
      ...[
        '../domain/record',
        '../sources/contract',
        '../worker/main',
        '@hubspot/api-client',
        '@temporalio/client',
      ],
    ],
    allowed: ['./server', './demo/world', 'express', 'pg', 'node:http'],
  },
  launch: {
    refused: ['../domain/record', '../config/env', '../db/pool', '../cli/main', '../worker/main'],
    allowed: ['./freePort', '@temporalio/client', 'pg', 'node:net'],
  },
  admin: {
    refused: ['../domain/record', '../api/server', 'react', 'node:fs'],
    allowed: ['./table'],
  },
};

const asImport = (specifier: string): string => `import { x } from '${specifier}';\nexport const y = x;\n`;
const cases = Object.entries(table).flatMap(([folder, { refused, allowed }]) => [
  ...refused.map((specifier) => ({ folder, specifier, isRefused: true })),
  ...allowed.map((specifier) => ({ folder, specifier, isRefused: false })),
]);
const isTableMessage = (message: string): boolean => message.startsWith('house/import-table');

describe('the import table', () => {
  it('refuses and allows what DESIGN §7 says, row by row', () => {
    const found = lintTexts(
      cases.map(({ folder, specifier }) => ({ file: `src/${folder}/planted.ts`, text: asImport(specifier) })),
    );
    const wrong = cases.filter(({ isRefused }, index) => found[index]?.some(isTableMessage) !== isRefused);
    expect(wrong).toEqual([]);
  });

  it('lets nobody import the worker', () => {
    const folders = Object.keys(table).filter((folder) => folder !== 'worker');
    const found = lintTexts(
      folders.map((folder) => ({ file: `src/${folder}/planted.ts`, text: asImport('../worker/main') })),
    );
    expect(found.map((messages) => messages.filter(isTableMessage).length)).toEqual(folders.map(() => 1));
  });

  it('sees an import however it is written', () => {
    const forms = [
      `import '../db/pool';`,
      `import pool from '../db/pool';`,
      `import * as pool from '../db/pool'; export const y = pool;`,
      `import type { Pool } from '../db/pool'; export type Y = Pool;`,
      `import pool = require('../db/pool'); export const y = pool;`,
      `export { x } from '../db/pool';`,
      `export * from '../db/pool';`,
      `export type { X } from '../db/pool';`,
      `export const y = import('../db/pool');`,
      `export const y: unknown = require('../db/pool');`,
      `export const y = require.resolve('../db/pool');`,
      `export type Y = import('../db/pool').Pool;`,
      `import { x } from './../../src/db/pool.js'; export const y = x;`,
      `import { x } from '../db'; export const y = x;`,
    ];
    const found = lintTexts(forms.map((text) => ({ file: 'src/domain/planted.ts', text })));
    expect(found.map((messages) => messages.filter(isTableMessage).length)).toEqual(forms.map(() => 1));
  });

  it('lets workflows see activities as types only', () => {
    const [byType, byValue, inline, reExported] = lintTexts(
      [
        `import type { Activities } from '../activities'; export type Y = Activities;`,
        `import { Activities } from '../activities'; export type Y = Activities;`,
        `import { type Activities } from '../activities'; export type Y = Activities;`,
        `export { deliver } from '../activities/deliver';`,
      ].map((text) => ({ file: 'src/workflows/planted.ts', text })),
    );
    expect(byType).toEqual([]);
    for (const messages of [byValue, inline, reExported]) {
      expect(messages?.join()).toContain('only by `import type`');
    }
  });

  it('refuses what lies outside src, and a folder that has no row', () => {
    const [outside, unknown] = lintTexts([
      { file: 'src/worker/planted.ts', text: asImport('../../test/support/postgres') },
      { file: 'src/misc/planted.ts', text: asImport('../domain/record') },
    ]);
    expect(outside?.join()).toContain('may not import outside src');
    expect(unknown?.join()).toContain('has no row');
  });
});
