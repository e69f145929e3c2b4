import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A part of a CycloneDX document, as far as it is read here. */
export interface Component {
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string };
    readonly expression?: string;
  }[];
}

export interface BillOfMaterials {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: { readonly component: Component };
  readonly components?: readonly Component[];
}

/**
 * What an installation of each public package brings along, from the lockfile: a CycloneDX document each. Peers are left
 * out: whoever installs lbx chooses them.
 */
export function billsOfMaterials(): BillOfMaterials[] {
  const folder = mkdtempSync(join(tmpdir(), 'lbx-sbom-'));
  try {
    const args = [
      '--sbom-format',
      'cyclonedx',
      '--prod',
      '--exclude-peers',
      '--split',
      '--out',
      join(folder, '%s-%v.cdx.json'),
    ];
    const filters = ['./packages/*', './bpf', '!@lbx/testing'].flatMap((filter) => ['--filter', filter]);
    const result = spawnSync('pnpm', ['sbom', ...args, ...filters], { encoding: 'utf8' });
    if (result.status !== 0)
      throw new Error(`pnpm sbom failed: ${result.error?.message ?? result.stdout + result.stderr}`);
    return readdirSync(folder)
      .sort()
      .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as BillOfMaterials);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** "MIT"; "unknown" where a package does not say. */
export function licenceOf({ licenses = [] }: Component): string {
  const texts = licenses.map(
    ({ license, expression }) => expression ?? license?.id ?? license?.name ?? 'unknown',
  );
  return texts.length === 0 ? 'unknown' : texts.join(' and ');
}

export const nameOf = ({ group, name }: Component): string =>
  group === undefined ? name : `${group}/${name}`;
