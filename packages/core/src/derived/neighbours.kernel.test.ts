import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createNetns, createVethPair, describeKernel, type Netns } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../test/neighbour-process.ts', import.meta.url));

describeKernel('neighbour keeper', () => {
  let node: Netns;
  let lan: Netns;
  beforeAll(() => {
    node = createNetns('core-keep');
    lan = createNetns('core-kept');
    createVethPair(
      { ns: node, device: 'eth0', addresses: ['192.0.2.1/24', '2001:db8::1/64'] },
      { ns: lan, device: 'eth0', addresses: ['192.0.2.20/24', '2001:db8::20/64'] },
    );
  });
  afterAll(() => {
    node.close();
    lan.close();
  });
  const neighbours = () => node.exec('ip', ['neighbour', 'show', 'dev', 'eth0', 'nud', 'all']);

  it('makes the kernel resolve backends, passes over unreachable ones, and keeps no process alive', async () => {
    const mac = lan.device('eth0').mac;
    const child = node.spawn(
      process.execPath,
      ['--conditions=@lbx/source', script, '192.0.2.20', '2001:db8::20', '203.0.113.9'],
      { stdio: 'inherit' },
    );
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    await expect.poll(neighbours).toMatch(new RegExp(`192.0.2.20 lladdr ${mac}`));
    await expect.poll(neighbours).toMatch(new RegExp(`2001:db8::20 lladdr ${mac}`));
  });
});
