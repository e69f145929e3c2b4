import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';

const module = new URL('./signals.ts', import.meta.url).href;
// Whatever is tidied up after the first signal, here it hangs.
const program = `
  import { untilSignal } from '${module}';
  setInterval(() => {}, 1000);
  const asked = untilSignal();
  console.log('up');
  console.log(await asked);`;

it.each([
  ['SIGTERM', 'SIGTERM', 143],
  ['SIGINT', 'SIGINT', 130],
  ['SIGTERM', 'SIGINT', 130],
] as const)('%s is told, and %s ends the process at once, with %i', async (first, second, code) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('up');
  child.kill(first);
  expect((await lines.next()).value).toBe(first);
  child.kill(second);
  expect(await once(child, 'exit')).toEqual([code, null]);
});
