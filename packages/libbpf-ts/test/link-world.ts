import { join } from 'node:path';
import { createNetns, type Netns } from '@lbx/testing';
import { type BpfObject, inNetns, load } from 'libbpf-ts';

/** A network namespace with a veth pair, and the object with one of everything. Closing takes all of it away. */
export interface LinkWorld extends Disposable {
  readonly netns: Netns;
  readonly object: BpfObject;
  /** One end of the pair; the other is `veth1`. */
  readonly device: 'veth0';
  /** Runs something synchronous inside the namespace. */
  inside<T>(use: () => T): T;
}

/** Path of a test object. */
export const objectPath = (name: string): string => join(import.meta.dirname, `objects/${name}.bpf.o`);

export function createLinkWorld(label: string): LinkWorld {
  const netns = createNetns(label);
  try {
    netns.exec('ip', ['link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'veth1']);
    for (const device of ['veth0', 'veth1']) netns.exec('ip', ['link', 'set', 'dev', device, 'up']);
    const object = load(objectPath('rich'));
    return {
      netns,
      object,
      device: 'veth0',
      inside: (use) => inNetns(netns.path, use),
      [Symbol.dispose]() {
        object.close();
        netns.close();
      },
    };
  } catch (error) {
    netns.close();
    throw error;
  }
}
