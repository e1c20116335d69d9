import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const linesMax = 300;

/** What git knows of or would add, so that neither dist nor node_modules count; TypeScript and JavaScript are eslint's. */
function textFiles(): string[] {
  const list = [
    'ls-files',
    '--cached',
    '--others',
    '--exclude-standard',
    '*.sql',
    '*.css',
    '*.html',
    '*.yml',
    '*.sh',
  ];
  const { status, stdout } = spawnSync('git', list, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error('git ls-files failed: run the tests in a checkout');
  return stdout.split('\n').filter((file) => file !== '' && existsSync(join(root, file)));
}

describe('files that eslint does not see', () => {
  it('have at most 300 lines, or a reason at their head', () => {
    const files = textFiles();
    expect(files).toContain('docker-compose.yml');
    const tooLong = files.filter((file) => {
      const lines = readFileSync(join(root, file), 'utf8').trimEnd().split('\n');
      return lines.length > linesMax && !/Reason for length: \S/.test(lines.slice(0, 10).join('\n'));
    });
    expect(tooLong).toEqual([]);
  });
});
