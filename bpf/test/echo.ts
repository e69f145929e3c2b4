// Servers that say whom they see, and a client that checks what comes back: real sockets, in network namespaces.
import { once } from 'node:events';
import type { Netns } from '@lbx/testing';

/** TCP: the peer's address and a newline, then everything back. UDP: the peer's address for every datagram, and blanks up to its length. */
const server = `
const [host, port] = process.argv.slice(1);
const family = host.includes(':') ? 6 : 4;
const tcp = require('net').createServer((socket) => {
  socket.write(socket.remoteAddress + '\\n'); socket.pipe(socket); socket.on('error', () => {});
});
const udp = require('dgram').createSocket({ type: 'udp' + family, ipv6Only: family === 6 },
  (data, from) => udp.send(from.address.padEnd(data.length), from.port, from.address));
tcp.listen({ port: Number(port), host, ipv6Only: family === 6 },
  () => udp.bind(Number(port), host, () => console.log('ready')));`;

/** Sends \`size\` bytes and checks that they come back: whom the server saw, and from where the answer came. */
const client = `
const [protocol, host, port, size, patience, lport] = process.argv.slice(1);
const { randomBytes } = require('crypto');
const done = (out) => { console.log(JSON.stringify(out)); process.exit(0); };
setTimeout(() => done({ error: 'timeout' }), Number(patience));
const local = Number(lport) || undefined;
if (protocol === 'UDP') {
  const udp = require('dgram').createSocket('udp' + (host.includes(':') ? 6 : 4));
  udp.on('error', (error) => done({ error: error.code }));
  udp.on('message', (data, from) => done({ seen: String(data).trim(), length: data.length, from: from.address, port: from.port }));
  const send = () => udp.send('hello'.padEnd(Number(size)));
  udp.bind(local, () => udp.connect(Number(port), host, () => { send(); setInterval(send, 300); }));
} else {
  const socket = require('net').connect({ host, port: Number(port), localPort: local });
  const sent = randomBytes(Number(size)); const got = []; let length = 0;
  socket.on('error', (error) => done({ error: error.code }));
  socket.on('connect', () => socket.write(sent));
  socket.on('data', (data) => {
    got.push(data); length += data.length;
    if (length < sent.length) return;
    const all = Buffer.concat(got); const line = all.indexOf(10);
    if (line < 0 || all.length < line + 1 + sent.length) return;
    socket.end();
    done({ seen: all.subarray(0, line).toString(), from: socket.remoteAddress, port: socket.remotePort,
      same: all.subarray(line + 1).equals(sent) });
  });
}`;

export interface Echo {
  /** The peer's address as the server saw it. */
  readonly seen?: string;
  readonly from?: string;
  readonly port?: number;
  /** UDP: bytes of the answer. */
  readonly length?: number;
  /** TCP: all bytes came back as they were. */
  readonly same?: boolean;
  /** Code of the error that ended it, or `timeout`. */
  readonly error?: string;
}

/** Starts a TCP and a UDP server on an address; they end with the namespace. */
export async function serveEcho(ns: Netns, host: string, port: number): Promise<void> {
  const child = ns.spawn(process.execPath, ['-e', server, host, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
}

/** One exchange from a namespace. `size`: bytes each way. */
export function askEcho(
  ns: Netns,
  to: { readonly protocol: 'TCP' | 'UDP'; readonly host: string; readonly port: number },
  {
    size = 1,
    patienceMs = 30_000,
    localPort = 0,
  }: { readonly size?: number; readonly patienceMs?: number; readonly localPort?: number } = {},
): Echo {
  const args = [to.protocol, to.host, to.port, size, patienceMs, localPort].map(String);
  return JSON.parse(ns.exec(process.execPath, ['-e', client, ...args]));
}
