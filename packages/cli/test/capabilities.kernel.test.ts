import { chownSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCgroup, describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import { addresses, createAgentLan } from './agent-lan.ts';
import { startAgentProcess } from './agent-process.ts';
import { confined, given } from './confined.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

describeKernel('the capabilities of the DaemonSet', () => {
  it.each([
    ['as the DaemonSet has it', given],
    ['as another user', { ...given, runAsUser: 65_534, runAsGroup: 65_534 }],
  ])(
    'are enough, %s: packets and sockets go by the Service, also after a kill, a restart and a stop',
    async (_, context) => {
      await using lan = await createAgentLan();
      using cgroup = createCgroup('capabilities');
      for (const folder of [dirname(lan.pins), lan.manifests.path])
        chownSync(folder, context.runAsUser, context.runAsGroup);
      const [first, second] = addresses.remote;
      const start = () =>
        lan.startAgent(['--algorithm', 'maglev', '--maglev-size', '251', '--cgroup', cgroup.path], {
          within: confined(context),
        });
      /** Who answers a client of the LAN, and a process of the node. */
      const answer = () =>
        [
          ...lan.ask(`${addresses.service}:80`, 1),
          ...lan.askFrom(cgroup.in(lan.node), '', `${addresses.clusterIP}:80`, 1),
        ].map((line) => line.split(':')[0]);
      const agent = await start();
      expect(answer()).toEqual([first, first]);
      await agent.end('SIGKILL');
      lan.setBackends(second);
      expect(answer()).toEqual([first, first]);
      const again = await start();
      expect(again.events.find(({ event }) => event === 'loaded')).toMatchObject({
        takenOver: expect.any(Number),
      });
      expect(again.events.filter(({ event }) => event === 'problem')).toEqual([]);
      await expect.poll(answer).toEqual([second, second]);
      expect(again.errors).toBe('');
      const lbx = [...confined(context), process.execPath, '--conditions=@lbx/source', main];
      const run = (...args: string[]) =>
        lan.node.exec('sh', ['-c', '"$@" || [ $? = 1 ]', 'sh', ...lbx, ...args, '--pins', lan.pins], {
          timeoutMs: 60_000,
        });
      /** What an explanation of a client's connection stands on. */
      const grounds = () => {
        const flow = ['--from', '192.0.2.77:40000', '--to', `${addresses.service}:80`];
        const { backend, confidence } = JSON.parse(run('explain', ...flow, '--json')) as {
          backend: { address: string };
          confidence: { reasons: { code: string }[] };
        };
        return [backend.address, ...confidence.reasons.map(({ code }) => code)];
      };
      // The kernel shows the programs' settings to nobody without CAP_SYS_ADMIN; the agent knows them.
      if (context.runAsUser === 0)
        expect(grounds()).toEqual([second, 'maglev', 'client-port', 'settings-told']);
      await again.end('SIGTERM');
      expect([await again.ended(), ...answer()]).toEqual([0, second, second]);
      if (context.runAsUser !== 0) return;
      expect(grounds()).toContain('settings-unknown');
      const report = JSON.parse(run('doctor', '--json', '--device', 'eth0', '--cgroup', cgroup.path)) as {
        findings: { id: string; found: string }[];
      };
      // The kernel does not tell it the names of programs: the pins do.
      const onHooks = report.findings.filter(({ id }) => /^(xdp|cgroup)-programs$|^tc-order$/.test(id));
      expect(onHooks.map(({ found }) => found)).toEqual([
        expect.stringMatching(/^only lbx/),
        ...Array(3).fill(expect.stringMatching(/^ours: lbx_|^only lbx/)),
      ]);
      run('cleanup');
      expect(existsSync(lan.pins)).toBe(false);
    },
  );

  it.each(given.capabilities.add)('CAP_%s is needed: without it the agent says so and ends', async (name) => {
    const add = given.capabilities.add.filter((one) => one !== name);
    const flags = ['--manifests', '/', '--pins', '/sys/fs/bpf/lbx-none'];
    const agent = startAgentProcess(flags, {
      within: confined({ ...given, capabilities: { drop: ['ALL'], add } }),
    });
    expect(await agent.ended()).toBe(4);
    expect(agent.errors).toContain(`needs CAP_${name}, which this process does not have`);
  });
});
