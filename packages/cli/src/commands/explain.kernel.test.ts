import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createLoadBalancer, removePinned } from '@lbx/core';
import { createBpffsFolder, createCgroup, describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addresses, createPacketWorld, type LbProcess } from '../../../core/test/packet-world.ts';
import { run } from '../../test/run.ts';

const [a, b] = addresses.remote;
const service = { address: addresses.service, port: 80, protocol: 'TCP', type: 'LoadBalancer' } as const;
const web = (...backends: { address: string; state?: 'terminating' }[]) => [
  {
    name: 'shop/web',
    frontends: [service],
    backends: backends.map((one) => ({ ...one, port: 8080, protocol: 'TCP' as const })),
  },
];

describeKernel('lbx explain on live maps', () => {
  let world: Awaited<ReturnType<typeof createPacketWorld>>;
  let lb: LbProcess | undefined;
  beforeAll(async () => {
    world = await createPacketWorld();
    lb = await world.start();
  });
  afterAll(() => world.end());

  /** A connection that stays open; its source port, once somebody has answered twice. */
  async function connect(): Promise<{ port: number; end(): void }> {
    const code = `const s = require('net').connect({ port: 80, host: '${addresses.service}', localAddress: '${addresses.client}' });
      let answers = 0;
      s.on('data', () => { if (++answers < 3) s.write('x\\n'); else console.log(s.localPort); });
      s.write('x\\n');`;
    const child = world.lan.spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
    return { port: Number(line), end: () => void child.kill('SIGKILL') };
  }
  const ask = async (port: number, ...more: string[]) => {
    const from = `${addresses.client}:${port}`;
    const ran = await run([
      ...['explain', '--pins', world.pins, '--from', from, '--to', `${addresses.service}:80`],
      ...more,
    ]);
    return ran;
  };
  const answer = async (port: number) => {
    const { out, err } = await ask(port, '--json');
    expect(err).toBe('');
    return JSON.parse(out);
  };

  it('an established flow goes on with its backend while the service has another; without the backend it is over', async () => {
    await lb!.apply(web({ address: a! }));
    const client = await connect();
    await lb!.apply(web({ address: a!, state: 'terminating' }, { address: b! }));
    expect(await answer(client.port)).toMatchObject({
      verdict: 'forward',
      code: 'established',
      backend: { address: a, state: 'terminating' },
      established: {
        valid: true,
        phase: 'established',
        way: 'snat',
        source: { address: addresses.node },
        answersKnown: true,
        restart: 'new-flow',
      },
      newFlow: { backend: { address: b } },
      confidence: { level: 'certain' },
    });
    const { established } = await answer(client.port);
    expect(established.idleSeconds).toBeLessThan(60);
    const { lines, code } = await ask(client.port);
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^forward: the flow is established and keeps backend \d+, 192\.0\.2\.20:8080$/);
    expect(lines.join('\n')).toContain('a new flow would get: forward: backend');

    await lb!.apply(web({ address: b! }));
    expect(await answer(client.port)).toMatchObject({
      code: 'backend-chosen',
      backend: { address: b },
      established: { valid: false, over: expect.stringContaining('removed') },
    });
    // Another port: nothing is remembered, and the choice is computed.
    expect(await answer(1)).toMatchObject({ backend: { address: b }, confidence: { level: 'certain' } });
    client.end();
  });

  it('knows from the programs how they choose', async () => {
    await lb!.kill();
    removePinned(world.pins);
    lb = await world.start({ algorithm: 'maglev', maglevSize: 251 });
    await lb.apply(web({ address: a! }, { address: b! }));
    for (let i = 0; i < 3; i++) {
      const client = await connect();
      const said = await answer(client.port);
      expect(said.code).toBe('established');
      expect(said.newFlow.reason).toContain('Maglev');
      expect(said.newFlow.backend.address).toBe(said.backend.address);
      client.end();
    }
  });

  it('a dump with flows gives the same answer elsewhere', async () => {
    const client = await connect();
    const dumped = await run(['dump', '--pins', world.pins, '--flows', '--json']);
    const args = ['explain', '-', '--from', `${addresses.client}:${client.port}`];
    const ran = await run([...args, '--to', `${addresses.service}:80`, '--json'], dumped.out);
    const live = await answer(client.port);
    expect(JSON.parse(ran.out)).toMatchObject({ code: 'established', backend: live.backend });
    client.end();
  });

  it('sockets: by chance, and no flow of packets is looked at', async () => {
    using folder = createBpffsFolder('explain-sockets');
    using cgroup = createCgroup('explain-sockets');
    const pins = `${folder.path}/lbx`;
    const sockets = createLoadBalancer({ cgroup: cgroup.path, pins, nodeAddresses: [] });
    sockets.apply(web({ address: a! }, { address: b! }));
    const args = ['explain', '--pins', pins, '--via', 'node', '--from', '127.0.0.1:1'];
    const ran = await run([...args, '--to', `${addresses.service}:80`, '--json']);
    expect(JSON.parse(ran.out)).toMatchObject({ code: 'one-of-several', confidence: { level: 'chance' } });
    sockets.remove();
  });
});
