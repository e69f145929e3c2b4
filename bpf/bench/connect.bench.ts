// What the socket load balancer adds to connect().
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { readObject } from '@lbx/bpf';
import { createCgroup, createNetns } from '@lbx/testing';
import { type BpfProgram, load } from 'libbpf-ts';
import { minAndMedian, type BenchRow as Row } from '../../scripts/bench-row.ts';
import { writeService } from '../test/sock-services.ts';
import type { ConnectRequest } from './connect-loop.ts';

interface Case {
  readonly name: string;
  readonly program: BpfProgram | undefined;
  readonly targets: ConnectRequest['targets'];
  /** UDP on one socket when absent. */
  readonly socket?: ConnectRequest['socket'];
}

const ROUNDS = 25;
const CALLS = 20_000;
const SERVICES = 10_000;
const PORTS_PER_ADDRESS = 40;
const BACKEND = '192.0.2.10';
/** Of TCP: no route leads there, so that connect() ends before a packet is made. */
const UNROUTED = '203.0.113.10';
const BACKEND_PORT = 8080;

/** The n-th of 10,000 services: 250 addresses with 40 ports each. */
const vip = (n: number) =>
  [`198.51.100.${1 + Math.floor(n / PORTS_PER_ADDRESS)}`, 1000 + (n % PORTS_PER_ADDRESS)] as const;

/**
 * Rows: connect-base… is a whole connect() without any program, of which about 140 ns are the call from JavaScript; the
 * rows below it are what a program adds to it, floor-connect… an empty one. -turns: one UDP socket goes to and fro
 * between two addresses; connect-none finds no service there (the gate says so; -nogate: the map). Then one UDP socket
 * goes to one address again and again: connect-none-again; connect-1 and connect-10k find a service, among as many, and
 * note it in the socket; connect-10k-walk goes from service to service. -new: socket(), connect() and close(). -tcp: one
 * TCP socket; connect-10k-bare notes nothing (lbx_peer_names 0), connect-10k-tcp notes the service in lb4_reverse_sk (1),
 * connect-10k-storage in the socket (2). Cases take turns in each round, so that a slow spell of the machine hits all of
 * them. About 20 s; needs root.
 */
export async function bench(_options: { json: boolean }): Promise<Row[]> {
  using stack = new DisposableStack();
  const netns = stack.use(createNetns('connect'));
  netns.addAddress('lo', `${BACKEND}/32`);
  const cgroup = stack.use(createCgroup('connect'));
  const empty = stack
    .use(load(readFileSync(new URL('prebuilt/connect-floor.bpf.o', import.meta.url))))
    .program('lbx_connect_floor');
  const loadSock = (
    services: number,
    variables: Record<string, number> = {},
    proto: 'TCP' | 'UDP' = 'UDP',
  ) => {
    const object = stack.use(load(readObject('sock'), { variables, maps: smallMaps }));
    const backends = [{ id: 1, address: proto === 'UDP' ? BACKEND : UNROUTED, port: BACKEND_PORT }];
    for (let n = 0; n < services; n++) {
      const [address, port] = vip(n);
      writeService(object, { id: n + 1, address, port, proto, backends });
    }
    if (services > 0) openGate(object.map('lbx_gate'));
    return object.program('lbx_connect4');
  };
  const stranger = [[BACKEND, BACKEND_PORT]] as const;
  const strangers = [
    [BACKEND, BACKEND_PORT],
    [BACKEND, BACKEND_PORT + 1],
  ] as const;
  const none = loadSock(0);
  const unrouted = [[UNROUTED, BACKEND_PORT]] as const;
  const one = [vip(SERVICES >> 1)];
  const many = loadSock(SERVICES);
  const walk = Array.from({ length: SERVICES }, (_, n) => vip(n));
  const tcp = (names: number) => loadSock(SERVICES, { lbx_peer_names: names }, 'TCP');
  const cases: Case[] = [
    { name: 'connect-base-turns', program: undefined, targets: strangers },
    { name: 'floor-connect-turns', program: empty, targets: strangers },
    { name: 'connect-none', program: none, targets: strangers },
    { name: 'connect-none-nogate', program: loadSock(1, { lbx_gate_on: 0 }), targets: strangers },
    { name: 'connect-base', program: undefined, targets: stranger },
    { name: 'floor-connect', program: empty, targets: stranger },
    { name: 'connect-none-again', program: none, targets: stranger },
    { name: 'connect-1', program: loadSock(1), targets: [vip(0)] },
    { name: 'connect-10k', program: many, targets: one },
    { name: 'connect-10k-walk', program: many, targets: walk },
    { name: 'connect-base-new', program: undefined, targets: stranger, socket: 'new-udp' },
    { name: 'floor-connect-new', program: empty, targets: stranger, socket: 'new-udp' },
    { name: 'connect-10k-new', program: many, targets: one, socket: 'new-udp' },
    { name: 'connect-base-tcp', program: undefined, targets: unrouted, socket: 'tcp' },
    { name: 'floor-connect-tcp', program: empty, targets: unrouted, socket: 'tcp' },
    { name: 'connect-10k-bare', program: tcp(0), targets: one, socket: 'tcp' },
    { name: 'connect-10k-tcp', program: tcp(1), targets: one, socket: 'tcp' },
    { name: 'connect-10k-storage', program: tcp(2), targets: one, socket: 'tcp' },
  ];

  const child = cgroup
    .in(netns)
    .spawn(process.execPath, [new URL('connect-loop.ts', import.meta.url).pathname], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  const lines = createInterface({ input: child.stdout! });
  const ended = once(child, 'exit').then(() => {
    throw new Error('the process that connects has ended');
  });
  ended.catch(() => undefined);
  const measure = async (request: ConnectRequest): Promise<number> => {
    const line = once(lines, 'line');
    child.stdin!.write(`${JSON.stringify(request)}\n`);
    const [text] = await Promise.race([line, ended]);
    return JSON.parse(text as string) as number;
  };

  const samples = new Map(cases.map(({ name }) => [name, [] as number[]]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const { name, program, targets, socket = 'udp' } of cases) {
      using _link = program?.attachCgroup({ path: cgroup.path });
      const sample = await measure({ targets, calls: CALLS, socket });
      // The first round warms up caches, JIT and reverse entries.
      if (round >= 0) samples.get(name)!.push(sample);
    }
  }
  let base = { min: 0, median: 0 };
  return cases.map(({ name, program }) => {
    const whole = minAndMedian(samples.get(name)!);
    const less = program === undefined ? { min: 0, median: 0 } : base;
    if (program === undefined) base = whole;
    return {
      suite: 'datapath',
      case: name,
      unit: 'ns',
      min: Math.round(whole.min - less.min),
      median: Math.round(whole.median - less.median),
      runs: ROUNDS,
    };
  });
}

const smallMaps = {
  lb6_services_v2: { maxEntries: 16 },
  lb6_backends_v3: { maxEntries: 16 },
  lb6_reverse_sk: { maxEntries: 1024 },
  lb4_affinity: { maxEntries: 1024 },
  lb6_affinity: { maxEntries: 1024 },
};

/** Sets all bits: every address is looked up, as a service's is. */
function openGate(gate: {
  readonly maxEntries: number;
  updateBatch(k: Uint8Array, v: Uint8Array): unknown;
}): void {
  const keys = Uint32Array.from({ length: gate.maxEntries }, (_, word) => word);
  gate.updateBatch(new Uint8Array(keys.buffer), new Uint8Array(gate.maxEntries * 8).fill(0xff));
}
