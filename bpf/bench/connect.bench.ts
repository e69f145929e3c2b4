// What the socket load balancer adds to a UDP connect(): one socket, connected again and again.
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
}

const ROUNDS = 25;
const CALLS = 20_000;
const SERVICES = 10_000;
const PORTS_PER_ADDRESS = 40;
const BACKEND = '192.0.2.10';
const BACKEND_PORT = 8080;

/** The n-th of 10,000 services: 250 addresses with 40 ports each. */
const vip = (n: number) =>
  [`198.51.100.${1 + Math.floor(n / PORTS_PER_ADDRESS)}`, 1000 + (n % PORTS_PER_ADDRESS)] as const;

/**
 * Rows: connect-base is a whole connect() without any program, of which about 140 ns are the call from JavaScript;
 * the other rows are what a program adds to it. floor-connect is an empty program; connect-none finds no service
 * (the gate says so; -nogate: the map does); connect-1 and connect-10k find one that the socket used before, among as
 * many; connect-10k-walk goes from service to service. Cases take turns in each round, so that a slow
 * spell of the machine hits all of them. About 10 s; needs root.
 */
export async function bench(_options: { json: boolean }): Promise<Row[]> {
  using stack = new DisposableStack();
  const netns = stack.use(createNetns('connect'));
  netns.addAddress('lo', `${BACKEND}/32`);
  const cgroup = stack.use(createCgroup('connect'));
  const floor = stack.use(load(readFileSync(new URL('prebuilt/connect-floor.bpf.o', import.meta.url))));
  const loadSock = (services: number, variables: Record<string, number> = {}) => {
    const object = stack.use(load(readObject('sock'), { variables, maps: smallMaps }));
    for (let n = 0; n < services; n++) {
      const [address, port] = vip(n);
      const backends = [{ id: 1, address: BACKEND, port: BACKEND_PORT }];
      writeService(object, { id: n + 1, address, port, proto: 'UDP', backends });
    }
    if (services > 0) openGate(object.map('lbx_gate'));
    return object.program('lbx_connect4');
  };
  const stranger = [[BACKEND, BACKEND_PORT]] as const;
  const many = loadSock(SERVICES);
  const cases: Case[] = [
    { name: 'connect-base', program: undefined, targets: stranger },
    { name: 'floor-connect', program: floor.program('lbx_connect_floor'), targets: stranger },
    { name: 'connect-none', program: loadSock(0), targets: stranger },
    { name: 'connect-none-nogate', program: loadSock(1, { lbx_gate_on: 0 }), targets: stranger },
    { name: 'connect-1', program: loadSock(1), targets: [vip(0)] },
    { name: 'connect-10k', program: many, targets: [vip(SERVICES >> 1)] },
    { name: 'connect-10k-walk', program: many, targets: Array.from({ length: SERVICES }, (_, n) => vip(n)) },
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
    for (const { name, program, targets } of cases) {
      using _link = program?.attachCgroup({ path: cgroup.path });
      const sample = await measure({ targets, calls: CALLS });
      // The first round warms up caches, JIT and reverse entries.
      if (round >= 0) samples.get(name)!.push(sample);
    }
  }
  const base = minAndMedian(samples.get('connect-base')!);
  return cases.map(({ name }) => {
    const whole = minAndMedian(samples.get(name)!);
    const less = name === 'connect-base' ? { min: 0, median: 0 } : base;
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
