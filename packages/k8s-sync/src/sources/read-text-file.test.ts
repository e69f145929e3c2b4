import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clusterSource } from './cluster/cluster-source.ts';
import { readTextFile } from './read-text-file.ts';

let folder: string;
const file = () => join(folder, 'text');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbx-read-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('reads up to a limit, characters of several bytes between two reads too', () => {
  const text = `${'é網🐝'.repeat(10_000)}`;
  writeFileSync(file(), text);
  expect(readTextFile(file(), 2 ** 20)).toBe(text);
  expect(readTextFile(file(), 90_000)).toBe(text);
  expect(() => readTextFile(file(), 89_999)).toThrow(RangeError);
});

it('what has no end is refused, folders and what is not there are as the file system says', () => {
  expect(() => readTextFile('/dev/zero', 2 ** 20)).toThrow('it has more than 1048576 bytes');
  expect(() => readTextFile(folder, 1)).toThrow('EISDIR');
  expect(() => readTextFile(join(folder, 'gone'), 1)).toThrow('ENOENT');
});

it('a kubeconfig that is too large, or has no end, is refused', async () => {
  writeFileSync(file(), `# ${'x'.repeat(4 * 2 ** 20)}`);
  for (const kubeconfig of [file(), '/dev/zero']) {
    const source = clusterSource({ kubeconfig, nodeName: 'node-a' });
    await expect(source.start(() => {})).rejects.toMatchObject({
      code: 'LBX_KUBECONFIG',
      message: expect.stringContaining('it has more than 4194304 bytes'),
    });
    await source.close();
  }
});
