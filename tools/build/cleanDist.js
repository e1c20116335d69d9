'use strict';

// A file deleted from src must not live on in dist, where it could still be loaded.
const { rmSync } = require('node:fs');
const { join } = require('node:path');

rmSync(join(__dirname, '../../dist'), { recursive: true, force: true });
