import { readFileSync } from 'node:fs';
import { type Cost, entryPoints, importCost } from './import-cost.ts';
import { packPackage } from './pack-package.ts';
import type { PublicPackage } from './public-packages.ts';

/** A line of docs/packages.md. */
export interface PackageRow {
  readonly name: string;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly files: number;
  /** Packages that it needs, ours and those of others. */
  readonly dependencies: readonly string[];
  /** Of its main entry point; undefined for a command. */
  readonly main: Cost | undefined;
}

/**
 * Packs and imports the package, as it is built.
 *
 * @param target a folder for the tarball
 */
export function packageRow(each: PublicPackage, target: string): PackageRow {
  const { files, packedBytes, unpackedBytes } = packPackage(each, target);
  const { dependencies = {} } = JSON.parse(readFileSync(`${each.folder}/package.json`, 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  return {
    name: each.name,
    packedBytes,
    unpackedBytes,
    files: files.length,
    dependencies: Object.keys(dependencies).sort(),
    main: entryPoints(each.folder).includes(each.name) ? importCost(each.name) : undefined,
  };
}
