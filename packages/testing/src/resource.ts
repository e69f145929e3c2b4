import { readFileSync } from 'node:fs';

/** Something made on this machine that has to be removed again. */
export interface Resource extends Disposable {
  /** Removes it and ends what runs in it. Doing so twice is harmless. */
  close(): void;
}

const open = new Set<() => void>();
let counter = 0;
let watching = false;

/** `lbxt-<label>-<pid>-<n>`: unique on this machine, and it tells who made it. */
export function uniqueName(label: string): string {
  return `lbxt-${label.replaceAll(/[^A-Za-z0-9_]/g, '_')}-${process.pid}-${++counter}`;
}

/** True for a name from {@link uniqueName} whose maker no longer runs (it was killed before it could clean up). */
export function isAbandoned(name: string): boolean {
  const pid = /^lbxt-\w+-(\d+)-\d+$/.exec(name)?.[1];
  return pid !== undefined && !isRunning(Number(pid));
}

/** True for a process that exists and is not a zombie (where init reaps nothing, as in some containers, those stay). */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * Wraps a clean-up so that it runs once: when called, or at the latest when this process exits, also after a
 * failed test.
 */
export function closeOnce(cleanUp: () => void): () => void {
  if (!watching) {
    watching = true;
    process.once('exit', closeAll);
  }
  const close = () => {
    if (open.delete(close)) cleanUp();
  };
  open.add(close);
  return close;
}

function closeAll(): void {
  // The newest first: what was made later may live in what was made earlier.
  for (const close of [...open].reverse()) {
    try {
      close();
    } catch (error) {
      process.stderr.write(`while cleaning up: ${error instanceof Error ? error.message : error}\n`);
    }
  }
}
