'use strict';

// Adds to package-lock.json the platform packages that npm left out because the registry at hand did not have them
// (a mirror may keep only its own platform's). Without these entries `npm ci` refuses the lock file here, and on other
// platforms. Run it after an `npm install` that drops them: test/lint/lockFile.test.ts says when.
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const file = join(process.argv[2] ?? join(__dirname, '../..'), 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];

/** What a platform package is for, read from its name; npm skips it elsewhere by these fields. */
function platformOf(name) {
  const words = name.split('/').pop().split('-');
  const os = systems.find((system) => words.includes(system));
  const cpu = processors.find((processor) => words.includes(processor));
  if (!os || !cpu) throw new Error(`cannot tell the platform of ${name}: add it by hand`);
  const libc = os !== 'linux' ? undefined : words.some((word) => word.startsWith('musl')) ? 'musl' : 'glibc';
  return { os: [os], cpu: [cpu], ...(libc && { libc: [libc] }) };
}

for (const [path, { dev, optionalDependencies = {} }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const place = `node_modules/${name}`;
    if (lock.packages[place] || lock.packages[`${path}/${place}`]) continue;
    if (!/^\d/.test(version)) throw new Error(`${path} wants ${name} ${version}: no single version to write`);
    const { os, cpu, libc } = platformOf(name);
    lock.packages[place] = { version, cpu, ...(dev && { dev }), ...(libc && { libc }), optional: true, os };
    console.log(`added ${name} ${version} (${os} ${cpu})`);
  }
}

const names = Object.keys(lock.packages).sort((one, other) => one.localeCompare(other, 'en'));
lock.packages = Object.fromEntries(names.map((name) => [name, lock.packages[name]]));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
