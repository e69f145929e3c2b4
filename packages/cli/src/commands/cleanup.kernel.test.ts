import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLoadBalancer, type LoadBalancerOptions, removePinned } from '@lbx/core';
import {
  type BpffsFolder,
  type Cgroup,
  createBpffsFolder,
  createCgroup,
  createNetns,
  describeKernel,
  type Netns,
} from '@lbx/testing';
import { BpfMap, type BpfObject, inNetns, load, queryCgroup, queryTcx } from 'libbpf-ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { strangers } from '../../test/doctor/look.ts';
import { run } from '../../test/run.ts';
import type { CleanupReport } from '../cleanup/cleanup-report.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const child = fileURLToPath(new URL('../../../core/test/lb-process.ts', import.meta.url));

describeKernel('lbx cleanup', () => {
  let folder: BpffsFolder;
  let cgroup: Cgroup;
  let node: Netns;
  const pins = () => join(folder.path, 'lbx');
  const options = (more: LoadBalancerOptions = {}): LoadBalancerOptions => ({
    devices: ['eth0'],
    families: [4],
    cgroup: cgroup.path,
    pins: pins(),
    ...more,
  });
  const start = (more?: LoadBalancerOptions) => inNetns(node.path, () => createLoadBalancer(options(more)));
  const cleanup = (...args: readonly string[]) => run(['cleanup', '--pins', pins(), ...args]);
  const report = async (...args: readonly string[]): Promise<CleanupReport & { readonly code: number }> => {
    const { code, out } = await cleanup('--json', ...args);
    return { ...(JSON.parse(out) as CleanupReport), code };
  };
  /** In a process of its own, in the network namespace of the devices. */
  const cleanupThere = (before: readonly string[] = [], ...args: readonly string[]) => {
    const lbx = [
      process.execPath,
      '--conditions=@lbx/source',
      main,
      'cleanup',
      '--pins',
      pins(),
      '--json',
      ...args,
    ];
    const command = ['nsenter', `--net=${node.path}`, ...before, ...lbx];
    const { stdout, stderr, status } = spawnSync(command[0] as string, command.slice(1), {
      encoding: 'utf8',
      timeout: 120_000,
    });
    if (stdout === '') throw new Error(`${command.join(' ')}: ${status}\n${stderr}`);
    return { ...(JSON.parse(stdout) as CleanupReport), code: status };
  };
  const onDevice = () =>
    inNetns(node.path, () =>
      (['ingress', 'egress'] as const).flatMap((direction) =>
        queryTcx({ ifindex: 'eth0', direction }).map(({ programName }) => programName),
      ),
    );
  const onCgroup = () =>
    queryCgroup({ path: cgroup.path, type: 'cgroup_inet4_connect' }).map(({ programName }) => programName);
  const everything = (): string[] => readdirSync(folder.path, { recursive: true, encoding: 'utf8' }).sort();
  const names = ({ items }: CleanupReport, kind: string) =>
    items.filter((item) => item.kind === kind).map(({ name }) => name);

  beforeEach(() => {
    folder = createBpffsFolder('cleanup');
    cgroup = createCgroup('cleanup');
    node = createNetns('cleanup');
    node.exec('ip', ['link', 'add', 'eth0', 'type', 'veth', 'peer', 'eth1']);
    node.exec('ip', ['link', 'set', 'eth0', 'up']);
    node.addAddress('eth0', '192.0.2.1/24');
  });
  afterEach(() => {
    removePinned(pins(), { force: true });
    node.close();
    cgroup.close();
    folder.close();
  });

  it('says what it would remove, removes that, and finds nothing the next time', async () => {
    expect(await cleanup()).toEqual(
      expect.objectContaining({
        code: 0,
        out: expect.stringMatching(/^nothing of lbx is pinned in \S+\/lbx$/m),
      }),
    );
    start().close();
    const before = everything();
    const plan = await report('--dry-run');
    expect(plan).toMatchObject({ code: 0, outcome: 'would-remove', dryRun: true, foreign: [], failed: [] });
    expect(names(plan, 'link')).toEqual(
      expect.arrayContaining(['tc_ingress_eth0', 'tc_egress_eth0', 'cgroup_connect4']),
    );
    expect(
      [
        ...names(plan, 'link').map((name) => `lbx/links/${name}`),
        ...names(plan, 'map').map((name) => `lbx/${name}`),
        ...names(plan, 'program').map((name) => `lbx/programs/${name}`),
      ].sort(),
    ).toEqual(before.filter((path) => !['lbx', 'lbx/links', 'lbx/programs'].includes(path)));
    expect(everything()).toEqual(before);
    expect(onDevice()).toEqual(['lbx_tc_ingress', 'lbx_tc_egress']);
    expect(onCgroup()).toEqual(['lbx_connect4']);

    const short = await cleanup('--dry-run');
    expect(short.lines.map((line) => line.trim()).filter((line) => /^(tc|sockets|maps)/.test(line))).toEqual([
      expect.stringMatching(/^tc egress, tc ingress +eth0$/),
      expect.stringMatching(/^sockets +.*connect4, /),
      expect.stringMatching(/^maps +\d+$/),
    ]);
    expect(short.lines.length).toBeLessThan(10);

    const { code, lines } = await cleanup('--verbose');
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^detached \d+ programs and removed \d+ maps of \S+\/lbx$/);
    expect(lines).toContainEqual(
      expect.stringMatching(/^link +tc_ingress_eth0 +\d+ +lbx_tc_ingress \(id \d+\)$/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^map +lb4_services_v2 +\d+$/));
    expect(everything()).toEqual([]);
    expect([...onDevice(), ...onCgroup()]).toEqual([]);
    expect(await report()).toMatchObject({ code: 0, outcome: 'nothing', items: [] });
  });

  it('leaves what others attached to the same hooks, and pinned in the same folder', async () => {
    using object = load(strangers);
    using again = load(strangers);
    const attach = (from: BpfObject) =>
      inNetns(node.path, () =>
        from.program('rich_tc').attachTc({ ifindex: 'eth0', direction: 'ingress', via: 'tcx' }),
      );
    using first = attach(object);
    using connect = object.program('rich_connect4').attachCgroup({ path: cgroup.path });
    start().close();
    using last = attach(again);
    expect(onDevice()).toEqual(['rich_tc', 'lbx_tc_ingress', 'rich_tc', 'lbx_tc_egress']);
    const map = { name: 'other', type: 'hash', keySize: 4, valueSize: 4, maxEntries: 1 } as const;
    using foreign = BpfMap.create(map);
    // Under names of ours, as if by mistake.
    const mine = ['other', 'lbx_other', 'lb6_source_range_v4', 'links/tc_ingress_eth9', 'programs/7'].map(
      (name) => join(pins(), name),
    );
    for (const path of mine) foreign.pin(path);
    connect.pin(join(pins(), 'links/cgroup_connect7'));
    object.program('rich_tc').pin(join(pins(), 'lbx_program'));
    mkdirSync(join(pins(), 'lbx_folder'));

    const { code, outcome, foreign: left } = await report();
    expect({ code, outcome }).toEqual({ code: 0, outcome: 'removed' });
    expect(
      left
        .map(({ path, why }) => `${path.slice(pins().length + 1)}: ${why.replace(/id \d+/, 'id N')}`)
        .sort(),
    ).toEqual([
      'lb6_source_range_v4: the map other, which is none of lbx',
      'lbx_folder: a folder',
      'lbx_other: the map other, which is none of lbx',
      'lbx_program: no map',
      'links/cgroup_connect7: runs rich_connect4 (id N), which is none of lbx',
      'links/tc_ingress_eth9: no link',
      'other: the map other, which is none of lbx',
      'programs/7: no program',
    ]);
    expect(everything()).toHaveLength(3 + 8);
    expect(onDevice()).toEqual(['rich_tc', 'rich_tc']);
    expect(onCgroup()).toEqual(['rich_connect4']);
    expect([first, last, connect].map((link) => link.info().attached)).toEqual([true, true, true]);
    const { lines } = await cleanup();
    expect(lines[0]).toBe(`nothing of lbx is pinned in ${pins()}`);
    expect(lines).toContain(`  ${pins()}/other: the map other, which is none of lbx`);
  });

  it('removes filters of clsact in its own network namespace only, and names another lbx', async () => {
    start({ tc: 'clsact' }).close();
    const other = start({ tc: 'tcx', cgroup: false, pins: `${pins()}-other` });
    try {
      // Here nothing of the node's devices is to be seen.
      expect(names(await report('--dry-run'), 'filter')).toEqual([]);
      const plan = cleanupThere([], '--dry-run');
      expect(names(plan, 'filter')).toEqual(['tc_ingress_eth0', 'tc_egress_eth0']);
      const done = cleanupThere();
      expect(done).toMatchObject({ code: 0, outcome: 'removed', items: plan.items });
      expect(done.others).toEqual(
        ['ingress', 'egress'].map((direction) =>
          expect.objectContaining({ hook: `tc ${direction} eth0`, program: `lbx_tc_${direction}` }),
        ),
      );
      expect(other.status().attachments.every(({ attached }) => attached)).toBe(true);
      expect(existsSync(pins())).toBe(false);
    } finally {
      other.remove();
    }
  });

  it('refuses while a process runs on the pins, and says how to go on; --force does it', async () => {
    using lb = start();
    const refused = await cleanup();
    expect(refused).toMatchObject({ code: 4, out: '' });
    expect(refused.err).toMatch(
      new RegExp(
        `^lbx: nothing was removed: process ${process.pid} runs on ${pins()}. Stop it first \\(kill ${process.pid}; .*--force`,
      ),
    );
    expect(await report('--dry-run')).toMatchObject({
      code: 4,
      outcome: 'refused',
      verdict: expect.stringMatching(/^refused as long as process \d+ runs on it .*nothing was changed$/),
    });
    expect(onDevice()).toHaveLength(2);
    expect(await report('--dry-run', '--force')).toMatchObject({ code: 0, outcome: 'would-remove' });
    expect(await report('--force')).toMatchObject({ code: 0, outcome: 'removed' });
    expect(existsSync(pins())).toBe(false);
    expect(lb.status().attachments.every(({ attached }) => attached)).toBe(false);
  });

  it('cleans up after a process that was killed, with the capabilities of an agent', async () => {
    const process1 = node.spawn(
      process.execPath,
      ['--conditions=@lbx/source', child, JSON.stringify(options())],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    await new Promise((resolve) => process1.stdout?.once('data', resolve));
    expect(await cleanup()).toMatchObject({ code: 4 });
    const ended = new Promise((resolve) => process1.once('exit', resolve));
    process1.kill('SIGKILL');
    await ended;
    expect(onDevice()).toHaveLength(2);
    const few = '-all,+bpf,+net_admin,+perfmon';
    const done = cleanupThere(['setpriv', `--bounding-set=${few}`, `--inh-caps=${few}`]);
    expect(done).toMatchObject({ code: 0, outcome: 'removed', failed: [] });
    expect([...everything(), ...onDevice(), ...onCgroup()]).toEqual([]);
  });

  it.each([
    ['links without maps', (name: string) => !name.startsWith('links')],
    ['maps without links', (name: string) => name.startsWith('links/')],
    ['every second pin', (name: string) => name.charCodeAt(name.length - 1) % 2 === 0],
  ])('goes on where it was left half done: %s', async (_, isGone) => {
    start().close();
    for (const entry of readdirSync(pins(), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && isGone(path.slice(pins().length + 1))) unlinkSync(path);
    }
    expect(await report()).toMatchObject({ code: 0, outcome: 'removed', failed: [], foreign: [] });
    expect(everything()).toEqual([]);
    // A link whose pin is deleted, not detached, goes a moment later.
    await expect.poll(() => [...onDevice(), ...onCgroup()]).toEqual([]);
  });

  it('says what it could not remove, and removes that the next time', async () => {
    start().close();
    const readOnly = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"';
    const stuck = cleanupThere([
      'unshare',
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-ec',
      readOnly,
      pins(),
    ]);
    expect(stuck).toMatchObject({
      code: 1,
      outcome: 'incomplete',
      verdict: expect.stringMatching(/^not done: \d+ things could not be removed/),
    });
    expect(stuck.failed[0]).toMatchObject({
      item: { kind: 'link' },
      message: expect.stringContaining('EROFS'),
    });
    // The maps are there for whoever looks for their filters.
    expect(existsSync(join(pins(), 'lb4_services_v2'))).toBe(true);
    expect(await report()).toMatchObject({ code: 0, outcome: 'removed' });
    expect(everything()).toEqual([]);
  });

  it('touches nothing outside of a BPF file system', async () => {
    expect(await run(['cleanup', '--pins', '/run', '--dry-run'])).toMatchObject({
      code: 4,
      err: expect.stringContaining('not in a BPF file system'),
    });
  });
});
