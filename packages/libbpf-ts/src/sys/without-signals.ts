import { addressOf, keepAlive, libc } from './libc.ts';

const SIG_SETMASK = 2;
/** A sigset_t of glibc and of musl. */
const setBytes = 128;

/**
 * Runs something while no signal is delivered to this thread; those that come meanwhile are delivered afterwards, or to
 * another thread. The verifier gives up (EAGAIN) as soon as a signal waits, and libbpf tries only five times: under a
 * profiler that sends a thousand a second a large program would never be loaded. (SIGKILL cannot be held up.)
 */
export function withoutSignals<T>(act: () => T): T {
  const all = Buffer.alloc(setBytes, 0xff);
  const before = Buffer.alloc(setBytes);
  const { pthread_sigmask } = libc();
  // It fails for wrong arguments only.
  pthread_sigmask(SIG_SETMASK, addressOf(all), addressOf(before));
  keepAlive(all);
  try {
    return act();
  } finally {
    pthread_sigmask(SIG_SETMASK, addressOf(before), 0);
    keepAlive(before);
  }
}
