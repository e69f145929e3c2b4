import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createBpffsFolder, createCgroup, describeKernel } from '@lbx/testing';
import {
  BPF_F_MMAPABLE,
  BpfMap,
  BpfProgram,
  enableRunStatistics,
  features,
  inNetns,
  Link,
  listLinks,
  load,
  queryCgroup,
  queryTcx,
  queryXdp,
  RingBuffer,
} from 'libbpf-ts';
import { expect, test } from 'vitest';
import { createLinkWorld, objectPath } from './link-world.ts';

/** What the open files of this process are. */
function openFiles(): string[] {
  const targets = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
  return targets.sort();
}

/** Mappings of kernel memory of maps. */
const mappings = () => readFileSync('/proc/self/maps', 'utf8').match(/anon_inode:bpf-map/g)?.length ?? 0;

function expectNoLeak(use: () => void): void {
  const before = { files: openFiles(), mappings: mappings() };
  use();
  expect({ files: openFiles(), mappings: mappings() }).toEqual(before);
}

const fails = (use: () => unknown) => expect(use).toThrow();
const map = {
  name: 'leak',
  type: 'array',
  keySize: 4,
  valueSize: 8,
  maxEntries: 8,
  flags: BPF_F_MMAPABLE,
} as const;

describeKernel('nothing leaks', () => {
  test('maps', () => {
    using folder = createBpffsFolder('leak-map');
    const path = join(folder.path, 'map');
    expectNoLeak(() => {
      using created = BpfMap.create(map);
      created.mmap();
      created.pin(path);
      using _byFd = BpfMap.fromFd(created.fd);
      using _byId = BpfMap.fromId(created.id);
      using _byPin = BpfMap.openPinned(path, map);
      using _outer = BpfMap.create({
        type: 'array_of_maps',
        keySize: 4,
        valueSize: 4,
        maxEntries: 1,
        innerSpec: map,
      });
      fails(() => created.pin(path));
      fails(() => BpfMap.openPinned(path, { ...map, keySize: 5 }));
      fails(() => BpfMap.openPinned(join(folder.path, 'none')));
      fails(() => BpfMap.create({ ...map, keySize: 5 }));
      fails(() =>
        BpfMap.create({ type: 'array_of_maps', keySize: 5, valueSize: 4, maxEntries: 1, innerSpec: map }),
      );
      fails(() => BpfMap.fromFd(0));
      fails(() => BpfMap.fromFd(9999));
      fails(() => BpfProgram.openPinned(path));
      fails(() => Link.openPinned(path));
    });
  });

  test('objects, programs, rings, statistics, probes', () => {
    expectNoLeak(() => {
      using object = load(objectPath('rich'), {
        variables: { config_u8: 1 },
        maps: { tables: { innerSpec: { ...map, valueSize: 4, flags: 0 } } },
        programs: { rich_tc: { autoload: false } },
      });
      object.variable('bss_packets').set(1);
      object.map('flows').btf();
      const program = object.program('rich_xdp');
      using _byFd = BpfProgram.fromFd(program.fd);
      using _byId = BpfProgram.fromId(program.id);
      fails(() => BpfProgram.fromFd(object.map('flows').fd));
      using _ring = new RingBuffer(object.map('events'));
      fails(() => new RingBuffer(object.map('flows')));
      using _statistics = enableRunStatistics();
      features.haveBatch();
      features.haveLink('tcx');
      features.haveHelper('xdp', 1);
      features.haveMapType('hash');
      features.haveProgramType('xdp');
    });
  });

  test('loads that fail, at every stage', () => {
    using folder = createBpffsFolder('leak-load');
    using other = BpfMap.create(map);
    const rich = objectPath('rich');
    expectNoLeak(() => {
      fails(() => load(objectPath('refused')));
      fails(() => load(objectPath('refused'), { logSize: 64 }));
      fails(() => load(objectPath('unresolved')));
      fails(() => load('/nonexistent'));
      fails(() => load(new Uint8Array(100)));
      fails(() => load(rich, { variables: { config_none: 1 } }));
      fails(() => load(rich, { maps: { flows: { maxEntries: 0 } } }));
      fails(() => load(rich, { maps: { flows: { reuse: other } } }));
      fails(() => load(rich, { maps: { flows: { reuse: 9999 } } }));
      fails(() => load(rich, { maps: { tables: { innerSpec: { ...map, keySize: 9 } } } }));
      fails(() =>
        load(rich, {
          maps: { flows: { pin: join(folder.path, 'a') }, recent: { pin: join(folder.path, 'none/b') } },
        }),
      );
    });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('links', () => {
    using world = createLinkWorld('leak');
    using cgroup = createCgroup('leak');
    using folder = createBpffsFolder('leak-link');
    const { object, device } = world;
    const pin = join(folder.path, 'link');
    expectNoLeak(() =>
      world.inside(() => {
        const xdp = object.program('rich_xdp');
        using link = xdp.attachXdp({ ifindex: device });
        link.pin(pin);
        link.update(object.program('rich_tail'));
        using _byPin = Link.openPinned(pin);
        using _byId = Link.fromId(link.info().id);
        using tc = object.program('rich_tc').attachTc({ ifindex: device, direction: 'ingress' });
        using _clsact = object
          .program('rich_tc')
          .attachTc({ ifindex: device, direction: 'egress', via: 'clsact' });
        using _cgroup = object.program('rich_connect4').attachCgroup({ path: cgroup.path });
        queryXdp(device);
        queryTcx({ ifindex: device, direction: 'ingress' });
        queryCgroup({ path: cgroup.path, type: 'cgroup_inet4_connect', effective: true });
        listLinks({ ifindex: device });
        listLinks({ cgroup: cgroup.path });
        fails(() => xdp.attachXdp({ ifindex: device }));
        fails(() => xdp.attachXdp({ ifindex: 'none0' }));
        fails(() => object.program('rich_tc').attachXdp({ ifindex: device }));
        fails(() => xdp.attachTc({ ifindex: device, direction: 'ingress' }));
        fails(() => xdp.attachTc({ ifindex: device, direction: 'ingress', via: 'clsact' }));
        fails(() => xdp.attachCgroup({ path: cgroup.path }));
        fails(() => object.program('rich_connect4').attachCgroup({ path: '/tmp' }));
        fails(() => object.program('rich_connect4').attachNetns({ path: '/proc/self/ns/net' }));
        fails(() => inNetns('/tmp', () => {}));
        fails(() => queryCgroup({ path: '/tmp', type: 'cgroup_inet4_connect' }));
        fails(() => link.update(object.program('rich_tc')));
        fails(() => link.pin(pin));
        fails(() => tc.pin('/tmp/lbx-none'));
        fails(() => Link.fromId(0x7fffffff));
      }),
    );
  });

  test('closing twice closes once', () => {
    const first = BpfMap.create(map);
    const { fd } = first;
    first.close();
    using second = BpfMap.create(map);
    // The kernel gives the lowest free number.
    expect(second.fd).toBe(fd);
    first.close();
    expect(second.get(new Uint8Array(4))).toEqual(new Uint8Array(8));
  });

  test('an object that is forgotten is warned about, and not closed', () => {
    const script = `
      import { BpfMap } from 'libbpf-ts';
      import { readlinkSync } from 'node:fs';
      process.on('warning', (warning) => {
        console.log(warning.code, warning.message, readlinkSync('/proc/self/fd/' + fd));
        process.exit(0);
      });
      let fd;
      (() => { fd = BpfMap.create({ name: 'lost', type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 }).fd; })();
      setInterval(() => gc(), 10);
      setTimeout(() => process.exit(1), 10_000);`;
    const output = execFileSync(
      process.execPath,
      ['--expose-gc', '--conditions=@lbx/source', '--input-type=module', '-e', script],
      { encoding: 'utf8', cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    expect(output).toMatch(
      /^LBX_LEAK map lost was garbage collected without close\(\); its fd \d+ stays open anon_inode:bpf-map/,
    );
  });
});
