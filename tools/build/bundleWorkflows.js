'use strict';

// Makes dist/workflows.bundle.js, the one bundle that ships. It is made from compiled output because a
// missing `type` on an import of activities passes from source and fails only here.
const { writeFile } = require('node:fs/promises');
const { join } = require('node:path');
const { bundleWorkflowCode } = require('@temporalio/worker');

const dist = join(__dirname, '../../dist');

async function main() {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(dist, 'workflows/index.js'),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
  });
  await writeFile(join(dist, 'workflows.bundle.js'), code);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
