import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { askHealth } from './ask-health.ts';

it('is what the agent answers, not what another process answers at the same port', async () => {
  const server = createServer((_, response) => response.writeHead(503).end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`;
  try {
    expect(await askHealth(url)).toEqual({ url, code: 503 });
    expect(await askHealth(url, process.pid)).toEqual({ url, code: 503 });
    expect(await askHealth(url, process.ppid)).toEqual({
      url,
      other: expect.stringMatching(new RegExp(`^process ${process.pid}, .+`)),
    });
  } finally {
    server.close();
  }
});
