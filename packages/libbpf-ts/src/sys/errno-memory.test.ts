import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { errnoNumber } from './errno.ts';
import { errnoMemory, libc } from './libc.ts';

it('is what the last call left', () => {
  const { fcntl } = libc();
  const errno = errnoMemory();
  const result = fcntl(-1, 1, 0);
  const found = errno[0];
  expect([result, found]).toEqual([-1, errnoNumber('EBADF')]);
});

it('is that of the thread', async () => {
  const script = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData).then(({ errnoMemory, libc }) => {
      const { fcntl } = libc();
      const errno = errnoMemory();
      fcntl(-1, 1, 0);
      const found = errno[0];
      parentPort.postMessage(found);
    });`;
  const worker = new Worker(script, { eval: true, workerData: new URL('./libc.ts', import.meta.url).href });
  const [found] = await once(worker, 'message');
  expect(found).toBe(errnoNumber('EBADF'));
  await worker.terminate();
});
