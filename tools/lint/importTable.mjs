/** Small packages without input or output: values in, values out. */
const purePackages = [
  '@marcbachmann/cel-js',
  'big.js',
  'fastest-levenshtein',
  'libphonenumber-js',
  'lossless-json',
  'luxon',
  'tldts',
];

/** What the API and the command share: both stand outside of the river, and ask for work by Temporal. */
const outside = {
  folders: [
    'workflows/contracts',
    'schedules',
    'db',
    'config',
    'domain',
    'hubspot/signature',
    'hubspot/oauth',
    'hubspot/schemas',
  ],
  packages: '*',
  notPackages: [
    '@temporalio/activity',
    '@temporalio/worker',
    '@temporalio/workflow',
    '@hubspot/api-client',
    'mssql',
  ],
  node: true,
};

/**
 * Which folder of src may import what (DESIGN §7). Each row says what is allowed; all else is refused.
 *
 * folders:  other folders, or single modules of them ('workflows/contracts'); '*' is every folder but `notFolders`
 * types:    as `folders`, but only by `import type`
 * packages: npm packages; '*' is every package but `notPackages`
 * node:     whether Node's own modules are allowed
 */
export const importTable = {
  // Pure decisions: only small pure packages for values.
  domain: { packages: purePackages },
  // Temporal Schedules from the configuration; applied by the CLI and the API.
  schedules: { folders: ['workflows/contracts', 'config'], packages: ['@temporalio/client'], node: true },
  // Runs in Temporal's sandbox: orchestration only, activities by type only.
  workflows: { folders: ['domain'], types: ['activities'], packages: ['@temporalio/workflow'] },
  sources: {
    folders: ['domain'],
    packages: [...purePackages, 'csv-parse', 'http-link-header', 'mssql', 'pg', 'zod'],
    node: true,
  },
  hubspot: {
    folders: ['domain', 'sources/contract'],
    packages: [...purePackages, '@hubspot/api-client', 'zod'],
    node: true,
  },
  db: { folders: ['domain'], packages: ['pg', 'zod'], node: true },
  // Configuration values come in through deps, so never `config`.
  activities: {
    folders: ['domain', 'sources', 'hubspot', 'db', 'workflows/contracts'],
    packages: [
      '@temporalio/activity',
      '@temporalio/client',
      '@temporalio/common',
      ...purePackages,
      'pg',
      'pino',
      'zod',
    ],
    node: true,
  },
  config: {
    folders: ['domain', 'sources'],
    packages: '*',
    notPackages: [
      '@temporalio/activity',
      '@temporalio/client',
      '@temporalio/worker',
      '@temporalio/workflow',
      'express',
      'pg',
    ],
    node: true,
  },
  // A record that a source pushes is read as one that was fetched.
  api: {
    ...outside,
    folders: [...outside.folders, 'sources/cursorValue', 'sources/exactJson', 'sources/recordKey'],
  },
  // The only one that starts servers.
  cli: { ...outside, folders: [...outside.folders, 'launch'] },
  // The composition root; no row names it, so nobody imports it.
  worker: {
    folders: '*',
    notFolders: ['api', 'cli', 'launch', 'simulator', 'admin'],
    packages: '*',
    node: true,
  },
  // Shares no code with src/hubspot, or both would be wrong together.
  simulator: {
    folders: ['config/env', 'config/logger'],
    packages: '*',
    notPackages: ['@temporalio/*', '@hubspot/api-client'],
    node: true,
  },
  launch: { packages: '*', node: true },
  admin: {},
};

/**
 * Says why `folder` may not import something, or undefined when it may.
 * @param {string} folder first folder below src
 * @param {{ module: string } | { package: string } | { node: string }} what `module` is the path below src
 * @param {boolean} onlyTypes whether the import is erased by the compiler
 * @returns {string | undefined}
 */
export function whyRefused(folder, what, onlyTypes) {
  const row = Object.hasOwn(importTable, folder) ? importTable[folder] : undefined;
  if (!row) return `src/${folder} has no row in the import table (tools/lint/importTable.mjs)`;
  if ('node' in what)
    return row.node ? undefined : `src/${folder} may not import Node's modules (${what.node})`;
  if ('package' in what) {
    return packageAllowed(row, what.package)
      ? undefined
      : `src/${folder} may not import the package ${what.package}`;
  }
  if (what.module.split('/')[0] === folder) return undefined;
  if (moduleAllowed(row.folders, row.notFolders, what.module)) return undefined;
  if (!moduleAllowed(row.types, [], what.module)) return `src/${folder} may not import src/${what.module}`;
  return onlyTypes ? undefined : `src/${folder} may import src/${what.module} only by \`import type\``;
}

function moduleAllowed(allowed = [], refused = [], module) {
  const covers = (entry) => module === entry || module.startsWith(`${entry}/`);
  return allowed === '*' ? !refused.some(covers) : allowed.some(covers);
}

function packageAllowed({ packages = [], notPackages = [] }, name) {
  const covers = (entry) => name === entry || (entry.endsWith('/*') && name.startsWith(entry.slice(0, -1)));
  return packages === '*' ? !notPackages.some(covers) : packages.some(covers);
}
