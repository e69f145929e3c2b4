import type { LbxStaleSocket } from '@lbx/maps';
import { findNamespaces } from './network-namespaces.ts';
import type { DestroyMethod, StaleSockets } from './stale-sockets.ts';

/** What became of connected UDP sockets whose backend went. */
export interface SocketSweeps {
  /** How they are destroyed; absent before there were any. */
  readonly method?: DestroyMethod;
  /** How often sockets were looked for. */
  readonly sweeps: number;
  readonly destroyed: number;
  /** Of the last sweep: still there, because their network namespace cannot be reached or the kernel refused. */
  readonly left: number;
  /** Of the last sweep. */
  readonly milliseconds: number;
  /** Why none can be destroyed. */
  readonly error?: string;
}

export interface SocketSweeper {
  readonly counts: SocketSweeps;
  /** A backend or service of UDP may have gone: looks after its sockets, soon. */
  request(): void;
  /** Does at once what was requested, and ends. */
  close(): void;
}

/**
 * A sweep comes soon after a request, and one more for sockets that were choosing their backend while it went: a
 * process may be held up between that and being connected. Both within the second.
 */
const delays = [30, 700] as const;

/**
 * @param open - loads the programs, at the first sweep.
 * @param onNotice - told once of what keeps sockets from being destroyed.
 */
export function createSocketSweeper(
  open: () => StaleSockets,
  onNotice: (notice: string) => void,
  { find: findPaths = findNamespaces, waits = delays as readonly number[] } = {},
): SocketSweeper {
  let sockets: StaleSockets | undefined;
  let counts: SocketSweeps = { sweeps: 0, destroyed: 0, left: 0, milliseconds: 0 };
  let timer: NodeJS.Timeout | undefined;
  /** Index into waits of the sweep that the timer is for. */
  let next = 0;
  const told = new Set<string>();
  const tell = (what: string, detail: string) => {
    if (told.has(what)) return;
    told.add(what);
    onNotice(`connected UDP sockets stay with a backend that is gone: ${detail}`);
  };

  const destroyAll = (stale: StaleSockets, found: readonly LbxStaleSocket[]): number => {
    const places = groupByNamespace(found);
    const paths = findPaths(places.keys());
    let destroyed = 0;
    for (const [inode, there] of places) {
      const path = paths.get(inode);
      if (path === undefined) {
        tell(
          'namespace',
          `no process of network namespace ${inode} is to be seen in /proc; run with the node's process ids (hostPID) and CAP_SYS_PTRACE`,
        );
        continue;
      }
      try {
        destroyed += stale.destroy(path, there);
      } catch (error) {
        // The namespace may have gone with its last process: then so have its sockets.
        tell('destroy', (error as Error).message);
      }
    }
    return destroyed;
  };

  const sweep = (stale: StaleSockets) => {
    const started = performance.now();
    const found = stale.find();
    const destroyed = found.length === 0 ? 0 : destroyAll(stale, found);
    counts = {
      ...(stale.method === undefined ? {} : { method: stale.method }),
      sweeps: counts.sweeps + 1,
      destroyed: counts.destroyed + destroyed,
      left: Math.max(found.length - destroyed, 0),
      milliseconds: performance.now() - started,
    };
  };
  const run = () => {
    timer = undefined;
    try {
      sockets ??= open();
    } catch (error) {
      const { message } = error as Error;
      counts = { ...counts, error: message };
      tell('open', message);
      return;
    }
    try {
      sweep(sockets);
    } catch (error) {
      tell('find', (error as Error).message);
    }
    next++;
    schedule();
  };
  const schedule = () => {
    const wait = waits[next];
    if (wait !== undefined) timer = setTimeout(run, wait - (waits[next - 1] ?? 0)).unref();
  };

  return {
    get counts() {
      return counts;
    },
    request() {
      if (counts.error !== undefined || (timer !== undefined && next === 0)) return;
      clearTimeout(timer);
      next = 0;
      schedule();
    },
    close() {
      const wanted = timer !== undefined;
      clearTimeout(timer);
      next = waits.length;
      if (wanted) run();
      clearTimeout(timer);
      sockets?.close();
    },
  };
}

function groupByNamespace(found: readonly LbxStaleSocket[]): ReadonlyMap<number, LbxStaleSocket[]> {
  const places = new Map<number, LbxStaleSocket[]>();
  for (const socket of found) {
    const there = places.get(socket.netns);
    if (there === undefined) places.set(socket.netns, [socket]);
    else there.push(socket);
  }
  return places;
}
