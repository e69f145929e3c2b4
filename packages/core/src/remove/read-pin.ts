import type { Dirent } from 'node:fs';

/** What is pinned. */
export interface PinReading {
  readonly id: number;
  readonly name: string;
}

/**
 * Reads a file of a BPF file system that should be a pin of a kind: what it is, in words why it is none, or that it went.
 * What may not be looked at is an error: whose it is must not be guessed.
 */
export function readPin<T extends object>(
  entry: Dirent,
  kind: string,
  read: () => T,
): T | { readonly why: string } | 'gone' {
  if (!entry.isFile()) return { why: entry.isDirectory() ? 'a folder' : 'no pin' };
  try {
    return read();
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'ENOENT') return 'gone';
    if (code === 'LBX_WRONG_KIND') return { why: `no ${kind}` };
    throw error;
  }
}
