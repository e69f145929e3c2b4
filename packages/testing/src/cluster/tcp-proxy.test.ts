import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';

let echo: Server;
let proxy: TcpProxy;
const sockets: Socket[] = [];
beforeEach(async () => {
  echo = createServer((socket) => socket.pipe(socket).on('error', () => {})).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await createTcpProxy((echo.address() as AddressInfo).port);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  proxy.close();
  echo.close();
});

function dial() {
  const socket = connect(proxy.port, '127.0.0.1');
  sockets.push(socket);
  let got = '';
  let end = '';
  socket.on('data', (chunk) => {
    got += chunk;
  });
  socket.on('error', (error) => {
    end = (error as NodeJS.ErrnoException).code ?? error.message;
  });
  return { socket, got: () => got, end: () => end };
}
const echoed = async (text: string) => {
  const client = dial();
  client.socket.write(text);
  await expect.poll(client.got).toBe(text);
  return client;
};

test('cut resets what is open, and new connections work', async () => {
  const { end } = await echoed('a');
  proxy.cut();
  await expect.poll(end).toBe('ECONNRESET');
  await echoed('b');
  expect(proxy).toMatchObject({ accepted: 2, connections: 1 });
});

test('refuse resets new ones too, until resume', async () => {
  proxy.refuse();
  await expect.poll(dial().end).toBe('ECONNRESET');
  proxy.resume();
  await echoed('a');
});

test('what is stalled arrives after resume; what is stranded never does, though new connections work', async () => {
  const first = await echoed('a');
  proxy.strand();
  first.socket.write('b');
  const second = await echoed('c');
  proxy.stall();
  const third = dial();
  for (const { socket } of [second, third]) socket.write('d');
  // A second proxy shows that time enough has passed for bytes to arrive.
  const other = await createTcpProxy((echo.address() as AddressInfo).port);
  const witness = connect(other.port, '127.0.0.1').end('x');
  await once(witness, 'data');
  other.close();
  expect([first.got(), second.got(), third.got()]).toEqual(['a', 'c', '']);
  proxy.resume();
  await expect.poll(() => [second.got(), third.got()]).toEqual(['cd', 'd']);
  expect(first.got()).toBe('a');
  expect(first.end()).toBe('');
});

test('delay is at least what was asked for, in order', async () => {
  proxy.delay(80);
  const client = dial();
  const started = performance.now();
  client.socket.write('1');
  await once(client.socket, 'connect');
  client.socket.write('2');
  await expect.poll(client.got, { interval: 5 }).toBe('12');
  // There and back.
  expect(performance.now() - started).toBeGreaterThan(155);
});
