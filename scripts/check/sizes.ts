// A reader finds a behaviour in a minute: no hand-written file over 15 KB.
import { globSync, statSync } from 'node:fs';
import type { Step } from './step.ts';

const limitBytes = 15 * 1024;

export const sizes: Step = {
  name: 'file sizes',
  run: () =>
    globSync([
      'packages/*/{src,test}/**/*.ts',
      'bpf/*.c',
      'bpf/include/**/*.h',
      'bpf/{src,test,bench}/**/*.ts',
      'examples/**/*.ts',
      'scripts/**/*.ts',
    ])
      .filter((file) => statSync(file).size > limitBytes)
      .map((file) => `${file} has ${statSync(file).size} bytes; split it (the limit is ${limitBytes})`),
};
