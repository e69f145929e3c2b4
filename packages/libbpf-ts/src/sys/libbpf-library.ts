import { readFileSync, realpathSync } from 'node:fs';
import { libbpf } from './libbpf.ts';

/** The libbpf that this process uses. */
export interface LibbpfLibrary {
  /** Its file; undefined when /proc does not tell. */
  readonly path?: string;
  /** "1.5". */
  readonly version: string;
}

/** Loads libbpf, and tells which it is. Throws LBX_LIBBPF_MISSING with the command that installs it. */
export function libbpfLibrary(): LibbpfLibrary {
  const version = libbpf().libbpf_version_string().replace(/^v/, '');
  const path = loadedFrom();
  return path === undefined ? { version } : { path, version };
}

function loadedFrom(): string | undefined {
  const given = process.env.LIBBPF_PATH;
  try {
    const wanted = given?.includes('/') ? realpathSync(given) : undefined;
    return readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .map((line) => line.slice(line.indexOf('/')))
      .find((path) => (wanted === undefined ? /\/libbpf\.so[.\d]*$/.test(path) : path === wanted));
  } catch {
    return undefined;
  }
}
