import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PrebuiltError } from './errors.ts';
import { manifest, type ObjectManifest, prebuiltFolder } from './manifest.ts';

/**
 * `xdp4`, `xdp6`: north-south at the device, by address family; `tc4`, `tc6`: the same without XDP, and replies of local
 * backends; `sock`: sockets of the node and its pods.
 */
export type ObjectName = 'xdp4' | 'xdp6' | 'tc4' | 'tc6' | 'sock' | (string & {});

function describe(name: ObjectName): ObjectManifest {
  const entry = Object.hasOwn(manifest.objects, name) ? manifest.objects[name] : undefined;
  if (entry === undefined) {
    throw new PrebuiltError(
      'LBX_UNKNOWN_OBJECT',
      name,
      `there is no BPF object '${name}'; there are: ${Object.keys(manifest.objects).join(', ')}`,
    );
  }
  return entry;
}

/**
 * Absolute path of a prebuilt object, for loaders that want a file.
 * @throws PrebuiltError `LBX_UNKNOWN_OBJECT`
 */
export function objectPath(name: ObjectName): string {
  return `${prebuiltFolder}/${describe(name).file}`;
}

/**
 * The bytes of a prebuilt object (ELF, little-endian BPF with BTF), checked against the manifest.
 * @throws PrebuiltError `LBX_UNKNOWN_OBJECT`, `LBX_OBJECT_MISSING`, `LBX_OBJECT_CHANGED`
 */
export function readObject(name: ObjectName): Uint8Array {
  const path = objectPath(name);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new PrebuiltError(
      'LBX_OBJECT_MISSING',
      name,
      `cannot read the BPF object '${name}': ${String(cause)}. Install @lbx/bpf again`,
      { cause },
    );
  }
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== describe(name).sha256) {
    throw new PrebuiltError(
      'LBX_OBJECT_CHANGED',
      name,
      `${path} is not the object that the manifest describes (SHA-256 ${found}, expected ${describe(name).sha256}). ` +
        'Install @lbx/bpf again or, in a checkout, run scripts/build-bpf.ts',
    );
  }
  return bytes;
}
