import { catalog, LAYOUT_VERSION } from '../catalog.ts';
import { flowCatalog } from '../flow/flow-catalog.ts';
import { describe } from './describe.ts';

/** The whole of docs/maps.md, made from the declarations of the layouts. */
export function mapsDocument(): string {
  return `# BPF maps

Made from the declarations in packages/maps/src; a test fails when this file is behind (\`vitest run packages/maps/src/describe -u\`
writes it anew). The same declarations are the encoders and decoders of \`@lbx/maps\`, and are compared with the compiled
objects when those are loaded.

- Pins: \`<bpffs>/lbx/<map>\`. An installed Cilium has the maps of the first part as \`<bpffs>/tc/globals/cilium_<map>\`.
- Byte order \`network\` is big-endian; \`host\` is little-endian on every machine that lbx supports. In TypeScript all values are
  in host order, addresses are text.
- Padding is written down and always zero: keys are compared with it.
- Where a C union has several meanings, each is a reading of its own; the key or a flag tells which it is.
- Flags: \`noPrealloc\` BPF_F_NO_PREALLOC, \`readonlyProg\` BPF_F_RDONLY_PROG (programs may only read).

# Service load balancing (layout ${LAYOUT_VERSION})

Byte-compatible with that release. The control plane writes the maps up to \`lb6_maglev\`; the others belong to a
datapath, and those that lbx's own does not use are here to read an installed Cilium.

${describe(catalog)}
# lbx's own datapath

${describe(flowCatalog)}`;
}
