import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface PublicPackage {
  /** "packages/maps" */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
}

/** The packages of this checkout that are published. */
export function publicPackages(): PublicPackage[] {
  return globSync(['packages/*/package.json', 'bpf/package.json'])
    .sort()
    .flatMap((file) => {
      const manifest = JSON.parse(readFileSync(file, 'utf8')) as PublicPackage & { private?: boolean };
      const { name, version } = manifest;
      return manifest.private === true ? [] : [{ folder: dirname(file), name, version }];
    });
}
