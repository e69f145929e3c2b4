import { LbxStaleSocket } from '@lbx/maps';
import { type BpfObject, destroySocket, inNetns, type Link, readIterator } from 'libbpf-ts';
import { type LoadSettings, loadObject } from '../load/load-objects.ts';
import type { PinnedMaps } from '../load/pinned-maps.ts';

/** How sockets are destroyed: by a program (Linux 6.5), or by the kernel's socket diagnosis. */
export type DestroyMethod = 'bpf' | 'netlink';

/** The connected UDP sockets whose backend is gone (bpf/include/lbx/sock_stale.h). */
export interface StaleSockets {
  /** undefined until the first are destroyed. */
  readonly method: DestroyMethod | undefined;
  /** Those of all network namespaces. */
  find(): LbxStaleSocket[];
  /** Ends them in one namespace, by its path. `found`: those that are there. Returns how many are ended. */
  destroy(namespace: string, found: readonly LbxStaleSocket[]): number;
  close(): void;
}

/**
 * Loads the program that finds them; the one that destroys them when there are some, for each takes some 40 ms (the
 * kernel's BTF is read).
 * @throws LoadError when the kernel has no iterators over socket storage.
 */
export function openStaleSockets(maps: PinnedMaps, settings: LoadSettings): StaleSockets {
  const origins = () => maps.byName.get('lbx_sock_origin');
  const finder = openIterator('sockstale', 'lbx_find_stale_udp', maps, settings, origins);
  let method: DestroyMethod | undefined;
  let destroyer: OpenIterator | undefined;
  return {
    get method() {
      return method;
    },
    find: () => decode(readIterator(finder.link)),
    destroy(namespace, found) {
      if (method === undefined) {
        destroyer = openDestroyer(maps, settings);
        method = destroyer === undefined ? 'netlink' : 'bpf';
      }
      const { link } = destroyer ?? {};
      return inNetns(namespace, () =>
        link === undefined ? found.filter(diagnose).length : decode(readIterator(link)).length,
      );
    },
    close() {
      finder.close();
      destroyer?.close();
    },
  };
}

interface OpenIterator {
  readonly link: Link;
  close(): void;
}

/** undefined where the kernel cannot. */
function openDestroyer(maps: PinnedMaps, settings: LoadSettings): OpenIterator | undefined {
  try {
    return openIterator('sockdestroy', 'lbx_destroy_stale_udp', maps, settings);
  } catch {
    return undefined;
  }
}

function openIterator(
  name: 'sockstale' | 'sockdestroy',
  program: string,
  maps: PinnedMaps,
  settings: LoadSettings,
  over: () => { readonly fd: number } | undefined = () => undefined,
): OpenIterator {
  const object: BpfObject = loadObject(name, settings, maps);
  try {
    const map = over();
    const link = object.program(program).attachIter(map === undefined ? {} : { map });
    return {
      link,
      close() {
        link[Symbol.dispose]();
        object[Symbol.dispose]();
      },
    };
  } catch (error) {
    object[Symbol.dispose]();
    throw error;
  }
}

const { size } = LbxStaleSocket;

const decode = (bytes: Buffer): LbxStaleSocket[] =>
  Array.from({ length: bytes.length / size }, (_, n) =>
    LbxStaleSocket.decode(bytes.subarray(n * size, (n + 1) * size)),
  );

const AF_INET = 2;

/** In the namespace that the thread is in. */
function diagnose(socket: LbxStaleSocket): boolean {
  const { family, ifindex, cookie, localPort, backendPort } = socket;
  const bytes = LbxStaleSocket.encode(socket);
  // The first members are the cookie and two addresses of 16 bytes, in which IPv4 is the end.
  const skip = family === AF_INET ? 12 : 0;
  return destroySocket({
    protocol: 'udp',
    family: family === AF_INET ? 4 : 6,
    localAddress: bytes.subarray(8 + skip, 24),
    localPort,
    remoteAddress: bytes.subarray(24 + skip, 40),
    remotePort: backendPort,
    ifindex,
    cookie,
  });
}
