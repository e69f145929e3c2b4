import { fileURLToPath } from 'node:url';

/** Path of a test object in test/objects, such as `rich`. */
export function objectPath(name: string): string {
  return fileURLToPath(new URL(`./objects/${name}.bpf.o`, import.meta.url));
}
