'use strict';

// `npx tributary` runs the compiled command as a program; the compiler writes plain files.
const { chmodSync } = require('node:fs');
const { join } = require('node:path');

chmodSync(join(__dirname, '../../dist/cli/main.js'), 0o755);
