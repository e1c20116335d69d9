import tseslint from 'typescript-eslint';
import { houseRules } from './tools/lint/houseRules.mjs';

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration, ExportSpecifier[exported.name="default"]',
  message: 'Name what you export.',
};
const noEnum = {
  selector: 'TSEnumDeclaration',
  message: 'Write a string union from an `as const` object or list.',
};
const noEnvironment = [
  {
    selector: 'MemberExpression[object.name="process"][property.name="env"]',
    message: 'Only src/config/env.ts reads the environment.',
  },
  {
    selector: 'MemberExpression[object.name="process"][property.value="env"]',
    message: 'Only src/config/env.ts reads the environment.',
  },
  {
    selector: 'VariableDeclarator[init.name="process"] Property[key.name="env"]',
    message: 'Only src/config/env.ts reads the environment.',
  },
  {
    selector: 'ImportDeclaration[source.value=/^(node:)?process$/]',
    message: 'Use the global `process`, so that reading the environment can be seen.',
  },
];
const noHiddenInput = [
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
    message: 'The time comes in as an argument.',
  },
  { selector: 'CallExpression[callee.name="Date"]', message: 'The time comes in as an argument.' },
  {
    selector: 'MemberExpression[object.name="Date"][property.name="now"]',
    message: 'The time comes in as an argument.',
  },
  {
    selector:
      'CallExpression[callee.object.name="DateTime"][callee.property.name=/^(now|local|utc)$/][arguments.length=0]',
    message: 'The time comes in as an argument.',
  },
  {
    selector: 'MemberExpression[object.name="DateTime"][property.name="now"]',
    message: 'The time comes in as an argument.',
  },
  {
    selector: 'MemberExpression[object.name="Math"][property.name="random"]',
    message: 'Randomness comes in as an argument.',
  },
];
const inputsOfTheWorld = [
  'process',
  'performance',
  'crypto',
  'fetch',
  'setTimeout',
  'setInterval',
  'console',
];

const typeChecked = {
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
  '@typescript-eslint/no-for-in-array': 'error',
  '@typescript-eslint/no-base-to-string': 'error',
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/prefer-promise-reject-errors': 'error',
  '@typescript-eslint/return-await': ['error', 'in-try-catch'],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/no-unnecessary-type-assertion': 'error',
};

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'coverage/',
      '.tributary/',
      'node_modules/',
      'src/admin/**/*.js',
      'src/simulator/**/*.js',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' }, plugins: { house: houseRules } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...typeChecked,
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': ['error', noDefaultExport, noEnum],
      '@typescript-eslint/no-unused-expressions': ['error', { allowShortCircuit: true }],
      'no-var': 'error',
      'prefer-const': 'error',
      'house/file-length': 'error',
      'house/file-name': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/config/env.ts', 'src/launch/**'],
    rules: { 'no-restricted-syntax': ['error', noDefaultExport, noEnum, ...noEnvironment] },
  },
  {
    files: ['src/domain/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', noDefaultExport, noEnum, ...noEnvironment, ...noHiddenInput],
      'no-restricted-globals': [
        'error',
        ...inputsOfTheWorld.map((name) => ({
          name,
          message: 'src/domain is pure: it comes in as an argument.',
        })),
      ],
    },
  },
  { files: ['src/**/*.ts'], rules: { 'house/import-table': 'error' } },
  // The simulator keeps nobody's secrets, and the domain has none.
  {
    files: ['src/**/*.ts'],
    ignores: ['src/simulator/**', 'src/domain/**'],
    rules: { 'house/secret-comparison': 'error' },
  },
  {
    // Jest wants these two as default exports; the run's servers are kept in a global of jest's parent process.
    files: ['test/support/globalSetup.ts', 'test/support/globalTeardown.ts'],
    rules: { 'no-restricted-syntax': ['error', noEnum], 'no-var': 'off' },
  },
  {
    files: ['**/*.{js,mjs}'],
    rules: {
      'house/file-length': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
);
