import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, '..');

describeKernel('README', () => {
  test('its example runs and prints what it says', () => {
    const example = /## Example\n\n```ts\n(.*?)```\n\nIt prints `(.*?)` and `(.*?)`/s.exec(
      readFileSync(join(folder, 'README.md'), 'utf8'),
    );
    const [, source = '', ...lines] = example ?? [];
    const options = ['--conditions=@lbx/source', '--input-type=module', '-e', source];
    const output = execFileSync(process.execPath, options, {
      encoding: 'utf8',
      cwd: folder,
      timeout: 20_000,
    });
    expect(output.trimEnd().split('\n')).toEqual(lines);
  });
});
