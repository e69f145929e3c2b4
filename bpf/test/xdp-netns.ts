import { closeSync, openSync } from 'node:fs';
import type { Netns } from '@lbx/testing';
import koffi from 'koffi';

const CLONE_NEWNET = 0x40000000;

/**
 * Moves this thread into a network namespace until closed: BPF_PROG_TEST_RUN looks devices and routes up in the
 * namespace of the thread that calls it. Child processes started meanwhile are in there too.
 */
export function enterNetns(ns: Netns): Disposable {
  const setns = koffi.load('libc.so.6').func('int setns(int fd, int nstype)');
  const home = openSync('/proc/thread-self/ns/net', 'r');
  const move = (fd: number) => {
    if (setns(fd, CLONE_NEWNET) !== 0)
      throw new Error(`setns into ${ns.name} failed: errno ${koffi.errno()}`);
  };
  const there = openSync(ns.path, 'r');
  try {
    move(there);
  } finally {
    closeSync(there);
  }
  return {
    [Symbol.dispose]() {
      try {
        move(home);
      } finally {
        closeSync(home);
      }
    },
  };
}
