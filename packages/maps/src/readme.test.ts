import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...text.matchAll(/```ts\n(.*?)```\n\n```text\n(.*?)```/gs)].map(([, code, output]) => [
  code!.split('\n').find((line) => line.startsWith('const'))!,
  code!,
  output!,
]);

describe('README', () => {
  it('has examples', () => expect(examples).toHaveLength(text.split('```ts\n').length - 1));
  it.each(examples)('prints what it says: %s', (_name, code, output) => {
    const args = [
      '--conditions=@lbx/source',
      '--no-warnings',
      '--input-type=module-typescript',
      '--eval',
      code,
    ];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8', cwd: import.meta.dirname })).toBe(output);
  });
});
