import type { LbxStaleSocket } from '@lbx/maps';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSocketSweeper } from './socket-sweeper.ts';
import type { StaleSockets } from './stale-sockets.ts';

const socketIn = (netns: number, cookie = 1n) => ({ netns, cookie }) as LbxStaleSocket;

/** Sockets that are there until they are destroyed; namespaces below 100 have a path. */
function fakeSockets() {
  const there: LbxStaleSocket[] = [];
  const calls: string[] = [];
  const open = vi.fn(
    (): StaleSockets => ({
      method: 'bpf',
      find() {
        calls.push('find');
        return [...there];
      },
      destroy(path, found) {
        calls.push(`destroy ${found.length} in ${path}`);
        for (const socket of found) there.splice(there.indexOf(socket), 1);
        return found.length;
      },
      close: () => void calls.push('close'),
    }),
  );
  const find = (wanted: Iterable<number>) =>
    new Map([...wanted].filter((inode) => inode < 100).map((inode) => [inode, `ns${inode}`]));
  return { there, calls, open, find };
}

describe('socket sweeper', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('sweeps soon after a request, once more within the second, and then rests', () => {
    const { calls, open, find } = fakeSockets();
    const sweeper = createSocketSweeper(open, () => {}, { find });
    expect(open).not.toHaveBeenCalled();
    for (let n = 0; n < 5; n++) sweeper.request();
    vi.advanceTimersByTime(100);
    expect(calls).toEqual(['find']);
    vi.advanceTimersByTime(900);
    expect(calls).toEqual(['find', 'find']);
    vi.advanceTimersByTime(60_000);
    expect(calls).toEqual(['find', 'find']);
    expect(sweeper.counts).toMatchObject({ method: 'bpf', sweeps: 2, destroyed: 0, left: 0 });
    sweeper.close();
    expect(calls).toEqual(['find', 'find', 'close']);
  });

  it('a request while the second sweep is awaited brings both again', () => {
    const { calls, open, find } = fakeSockets();
    const sweeper = createSocketSweeper(open, () => {}, { find });
    sweeper.request();
    vi.advanceTimersByTime(600);
    sweeper.request();
    vi.advanceTimersByTime(100);
    expect(calls).toEqual(['find', 'find']);
    vi.advanceTimersByTime(5000);
    expect(calls).toEqual(['find', 'find', 'find']);
    sweeper.close();
  });

  it('goes into each network namespace once', () => {
    const { there, calls, open, find } = fakeSockets();
    const sweeper = createSocketSweeper(open, () => {}, { find });
    there.push(socketIn(1), socketIn(2), socketIn(1, 2n));
    sweeper.request();
    vi.advanceTimersByTime(100);
    expect(calls).toEqual(['find', 'destroy 2 in ns1', 'destroy 1 in ns2']);
    expect(sweeper.counts).toMatchObject({ destroyed: 3, left: 0 });
    sweeper.close();
  });

  it('says once that a namespace cannot be reached, and goes on with the others', () => {
    const { there, open, find } = fakeSockets();
    const notices: string[] = [];
    const sweeper = createSocketSweeper(open, (notice) => void notices.push(notice), { find });
    there.push(socketIn(100), socketIn(1));
    sweeper.request();
    vi.advanceTimersByTime(1000);
    expect(sweeper.counts).toMatchObject({ sweeps: 2, destroyed: 1, left: 1 });
    expect(notices).toEqual([expect.stringContaining('network namespace 100')]);
    sweeper.close();
  });

  it('does at the end what was requested', () => {
    const { there, calls, open, find } = fakeSockets();
    const sweeper = createSocketSweeper(open, () => {}, { find });
    there.push(socketIn(1));
    sweeper.request();
    sweeper.close();
    expect(calls).toEqual(['find', 'destroy 1 in ns1', 'close']);
    vi.advanceTimersByTime(5000);
    expect(calls).toHaveLength(3);
  });

  it('gives up where the kernel cannot, and says why', () => {
    const notices: string[] = [];
    const open = vi.fn((): StaleSockets => {
      throw new Error('no such program type');
    });
    const sweeper = createSocketSweeper(open, (notice) => void notices.push(notice));
    for (let n = 0; n < 3; n++) {
      sweeper.request();
      vi.advanceTimersByTime(1000);
    }
    expect(open).toHaveBeenCalledOnce();
    expect(sweeper.counts).toMatchObject({ sweeps: 0, error: 'no such program type' });
    expect(notices).toHaveLength(1);
    sweeper.close();
  });

  it('a failure in between is told, and the next request tries again', () => {
    const { calls, open, find } = fakeSockets();
    const notices: string[] = [];
    let broken = true;
    const flaky = () => {
      const sockets = open();
      return {
        ...sockets,
        find() {
          if (broken) throw new Error('too many open files');
          return sockets.find();
        },
      };
    };
    const sweeper = createSocketSweeper(flaky, (notice) => void notices.push(notice), { find });
    sweeper.request();
    vi.advanceTimersByTime(100);
    expect(notices).toEqual([expect.stringContaining('too many open files')]);
    broken = false;
    vi.advanceTimersByTime(1000);
    expect(calls).toEqual(['find']);
    sweeper.close();
  });
});
