// The build itself: needs the pinned compiler, which `npm run check` installs and `npm test` does not.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compileObject } from '../../scripts/build-bpf/compile.ts';
import { findToolchain, type Toolchain } from '../../scripts/build-bpf/toolchain.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A source tree of one file, in a new folder. */
function tree(body: string): string {
  const root = mkdtempSync(join(tmpdir(), 'lbx-build-test-'));
  folders.push(root);
  const source = join(root, 'bpf/t.bpf.c');
  mkdirSync(dirname(source), { recursive: true });
  writeFileSync(
    source,
    `#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n${body}\nchar _license[] SEC("license") = "GPL";\n`,
  );
  return root;
}

let toolchain: Toolchain | undefined;
try {
  toolchain = findToolchain();
} catch (error) {
  console.warn(
    `skipped: tests of building objects: ${error instanceof Error ? error.message : String(error)}`,
  );
}

describe.skipIf(toolchain === undefined)('compileObject', () => {
  const compile = (body: string) => compileObject(tree(body), 'bpf/t.bpf.c', toolchain!);
  const program = (body: string) => `SEC("xdp") int t(struct xdp_md *ctx)\n{\n${body}\n}`;

  it('gives the same bytes wherever the sources lie', () => {
    const body = program('return ctx->data_end > ctx->data;');
    const [first, second] = [compile(body), compile(body)];
    expect(first.bytes.equals(second.bytes)).toBe(true);
    expect(first.sources).toEqual(['bpf/t.bpf.c']);
    expect(compile(program('return ctx->data_end >= ctx->data;')).bytes.equals(first.bytes)).toBe(false);
  });

  it.each([
    ['a warning', program('int unused;\nreturn ctx->data != 0;'), /unused/],
    ['an error', program('return nonsense;'), /nonsense/],
    [
      'a call to memcpy',
      `void *memcpy(void *, const void *, unsigned long);\n${program('char a[8];\nmemcpy(a, (void *)(long)ctx->data, 8);\nreturn a[0];')}`,
      /memcpy/,
    ],
  ])('refuses %s', (_what, body, message) => {
    expect(() => compile(body)).toThrow(message);
  });
});
