import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { type CommandPlace, createChildKeeper, type ExecOptions, execCommand } from './command.ts';
import { TestingError } from './errors.ts';
import { closeOnce, isAbandoned, type Resource, uniqueName } from './resource.ts';

const FOLDER = '/run/netns';

/** What `ip -json address` tells about a device. */
export interface DeviceInfo {
  readonly index: number;
  /** Lower case with colons. */
  readonly mac: string;
  readonly mtu: number;
  readonly addresses: readonly string[];
}

/** A network namespace of its own: loopback up, no route but the ones added here. */
export interface Netns extends CommandPlace, Resource {
  /** Its name for `ip -n NAME`. */
  readonly name: string;
  /** Its file, for `nsenter --net=PATH` and setns(2). */
  readonly path: string;
  /** Adds a route, for example `addRoute('192.0.2.0/24', { via: '198.51.100.1' })`. Default routes are refused. */
  addRoute(destination: string, to: { readonly via?: string; readonly device?: string }): void;
  /** Adds an address with its prefix length (`192.0.2.1/24`) to a device, without duplicate address detection. */
  addAddress(device: string, address: string): void;
  /** Adds or replaces a permanent neighbour. */
  addNeighbour(device: string, address: string, mac: string): void;
  /** Reads, or with a value writes, a network sysctl such as `net.ipv4.ip_forward`. */
  sysctl(name: string, value?: string | number): string;
  /** Index, MAC, MTU and addresses of a device. */
  device(name: string): DeviceInfo;
}

/**
 * Makes a network namespace. Commands enter it by `nsenter --net=`, so file systems (bpffs, cgroups, /sys) stay
 * those of the caller; `ip netns exec` would mount another /sys. IPv6 addresses work at once (no duplicate address
 * detection) and no router is asked for.
 */
export function createNetns(label: string): Netns {
  removeAbandoned();
  const name = uniqueName(label);
  const path = `${FOLDER}/${name}`;
  const children = createChildKeeper();
  execCommand('ip', ['netns', 'add', name]);
  let closed = false;
  const close = closeOnce(() => {
    closed = true;
    children.killAll();
    removeNetns(name);
  });
  const enter = (command: string, args: readonly string[]) => {
    if (closed) throw new TestingError('LBX_TESTING_CLOSED', `network namespace ${name} is closed`);
    return [`--net=${path}`, '--', command, ...args];
  };
  const exec = (command: string, args: readonly string[] = [], options?: ExecOptions) =>
    execCommand('nsenter', enter(command, args), options);
  const ip = (...args: string[]) => exec('ip', args);

  const netns: Netns = {
    name,
    path,
    exec,
    spawn: (command: string, args: readonly string[] = [], options?: SpawnOptions): ChildProcess =>
      children.spawn('nsenter', enter(command, args), options),
    addRoute(destination, { via, device }) {
      if (destination === 'default' || /\/0+$/.test(destination))
        throw new TestingError(
          'LBX_TESTING_DEFAULT_ROUTE',
          `${name}: a route to ${destination} is not for tests; name the prefixes that are needed`,
        );
      ip('route', 'replace', destination, ...(via ? ['via', via] : []), ...(device ? ['dev', device] : []));
    },
    addAddress(device, address) {
      ip('address', 'replace', address, 'dev', device, ...(address.includes(':') ? ['nodad'] : []));
    },
    addNeighbour(device, address, mac) {
      ip('neighbour', 'replace', address, 'dev', device, 'lladdr', mac, 'nud', 'permanent');
    },
    sysctl(key, value) {
      const file = `/proc/sys/${key.replaceAll('.', '/')}`;
      if (value === undefined) return exec('cat', [file]).trim();
      return exec('sh', ['-c', 'printf %s "$1" > "$0" && cat "$0"', file, String(value)]).trim();
    },
    device(device) {
      const [info] = JSON.parse(ip('-json', 'address', 'show', 'dev', device));
      return {
        index: info.ifindex,
        mac: info.address,
        mtu: info.mtu,
        addresses: info.addr_info.map(
          (a: { local: string; prefixlen: number }) => `${a.local}/${a.prefixlen}`,
        ),
      };
    },
    close,
    [Symbol.dispose]: close,
  };
  try {
    exec('sh', [
      '-c',
      'ip link set lo up; cd /proc/sys/net/ipv6/conf 2>/dev/null || exit 0; for d in default all; do echo 0 > $d/accept_dad; echo 0 > $d/router_solicitations; done',
    ]);
  } catch (error) {
    close();
    throw error;
  }
  return netns;
}

function removeNetns(name: string): void {
  // What still runs in there descends from a command that we started there.
  for (const pid of execCommand('ip', ['netns', 'pids', name]).split('\n').filter(Boolean))
    killQuietly(Number(pid));
  execCommand('ip', ['netns', 'delete', name]);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function removeAbandoned(): void {
  if (!existsSync(FOLDER)) return;
  for (const name of readdirSync(FOLDER)) {
    if (!isAbandoned(name)) continue;
    try {
      removeNetns(name);
    } catch {
      // Another test process was faster.
    }
  }
}
