import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Lock {
  packages: Record<
    string,
    { version?: string; os?: string[]; optionalDependencies?: Record<string, string> }
  >;
}

const lock = JSON.parse(readFileSync(join(__dirname, '../../package-lock.json'), 'utf8')) as Lock;

describe('package-lock.json', () => {
  it('names every platform package, or `npm ci` refuses it (mend it: node tools/build/completeLock.js)', () => {
    const optional = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).map((name) => [
        `${path}/node_modules/${name}`,
        `node_modules/${name}`,
      ]),
    );
    expect(optional.length).toBeGreaterThan(20);
    const missing = optional.filter((places) => !places.some((place) => lock.packages[place]));
    expect(missing).toEqual([]);
  });

  it('pins every @temporalio package to one version', () => {
    const versions = Object.entries(lock.packages).flatMap(([path, { version }]) =>
      path.includes('node_modules/@temporalio/') ? [version] : [],
    );
    expect(versions.length).toBeGreaterThan(5);
    expect([...new Set(versions)]).toEqual(['1.24.0']);
  });
});
