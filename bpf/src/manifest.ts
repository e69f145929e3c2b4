import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PrebuiltError } from './errors.ts';

/** One object of `prebuilt/`. */
export interface ObjectManifest {
  /** File name in `prebuilt/`, e.g. `sock.bpf.o`. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the file, hex. */
  readonly sha256: string;
  /** Source, from the repository's root. */
  readonly source: string;
  /** Compiler flags of this object alone, e.g. `-DLBX_FAMILY=4`. */
  readonly defines?: readonly string[];
  /** SHA-256, hex, of the source and of every header of lbx that went in, by path from the repository's root. */
  readonly sources: Readonly<Record<string, string>>;
}

/** How the objects were built; whoever has the same compiler and headers gets the same bytes. */
export interface Manifest {
  /** First line of `clang-19 --version`. */
  readonly compiler: string;
  /** Version of llvm-strip, which leaves code, maps and BTF. */
  readonly strip: string;
  /** Debian packages whose headers went in, and their versions. */
  readonly headers: Readonly<Record<string, string>>;
  /** Compiler flags, without those that name folders of the building machine. */
  readonly flags: readonly string[];
  readonly objects: Readonly<Record<string, ObjectManifest>>;
}

/** Absolute path of the folder with the objects: beside `src` as well as beside `dist`. */
export const prebuiltFolder: string = fileURLToPath(new URL('../prebuilt', import.meta.url));

function readManifest(): Manifest {
  const path = `${prebuiltFolder}/manifest.json`;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  } catch (cause) {
    throw new PrebuiltError(
      'LBX_OBJECT_MISSING',
      path,
      `cannot read ${path}, which describes the BPF objects: ${String(cause)}. Install @lbx/bpf again`,
      { cause },
    );
  }
}

/** What `prebuilt/manifest.json` says. */
export const manifest: Manifest = readManifest();
