'use strict';

// Plain JavaScript because jest loads reporters without transforming them.
const { writeSync } = require('node:fs');

/**
 * Prints `N passed, N failed` alone on the very last line. A file that could not run at all counts as one failed, for
 * its tests are unknown; so does a run that fails for another reason (a test database left behind).
 */
module.exports = class ClosingLineReporter {
  /** @param {unknown} _contexts @param {import('@jest/reporters').AggregatedResult} results */
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    // At the exit: jest's own summary and globalTeardown come after this call.
    process.once('exit', (code) => {
      writeSync(1, `${results.numPassedTests} passed, ${failed === 0 && code !== 0 ? 1 : failed} failed\n`);
    });
  }
};
