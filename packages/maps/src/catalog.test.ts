import { describe, expect, it } from 'vitest';
import { catalog, ciliumPins, isMapName, pinPath, serviceCatalog } from './catalog.ts';
import type { AnyLayout } from './layouts/map-layout.ts';

// Sizes as the release's objects declare them: map, type, flags, max entries, key, value.
const expected = `
lb4_services_v2 hash 0x81 65536 12 12
lb6_services_v2 hash 0x81 65536 24 12
lb4_backends_v3 hash 0x1 65536 4 12
lb6_backends_v3 hash 0x1 65536 4 24
lb4_reverse_nat hash 0x1 65536 2 6
lb6_reverse_nat hash 0x1 65536 2 18
lb_affinity_match hash 0x81 65536 8 1
lb4_source_range lpm_trie 0x81 65536 12 1
lb6_source_range lpm_trie 0x81 65536 24 1
lb4_maglev hash_of_maps 0x81 65536 2 4
lb6_maglev hash_of_maps 0x81 65536 2 4
lb4_reverse_sk lru_hash 0x0 262144 16 8
lb6_reverse_sk lru_hash 0x0 262144 32 20
lb4_affinity lru_hash 0x0 65536 16 16
lb6_affinity lru_hash 0x0 65536 24 16
lb4_health lru_hash 0x0 65536 8 12
lb6_health lru_hash 0x0 65536 8 24
skip_lb4 hash 0x81 100 16 1
skip_lb6 hash 0x81 100 32 1
ct4_global lru_hash 0x0 524288 14 56
ct6_global lru_hash 0x0 524288 38 56
ct_any4_global lru_hash 0x0 262144 14 56
ct_any6_global lru_hash 0x0 262144 38 56
snat_v4_external lru_hash 0x0 524288 14 40
snat_v6_external lru_hash 0x0 524288 38 56
snat_v4_alloc_retries percpu_array 0x0 33 4 4
snat_v6_alloc_retries percpu_array 0x0 33 4 4
nodeport_neigh4 lru_hash 0x0 524288 4 8
nodeport_neigh6 lru_hash 0x0 524288 16 8
lb_act lru_hash 0x0 65536 4 8
lb_fct lru_hash 0x0 65536 4 4
ipv4_frag_datagrams lru_hash 0x0 8192 12 4
ipv6_frag_datagrams lru_hash 0x0 8192 40 4
metrics percpu_hash 0x1 65536 8 16
lxc hash 0x81 65536 20 48
ipcache_v2 lpm_trie 0x81 512000 24 24`;

describe('catalog', () => {
  it('has types, flags and sizes of the release', () => {
    const lines = Object.entries(catalog as Record<string, AnyLayout>).map(([name, l]) => {
      expect(l.name).toBe(name);
      return [name, l.type, `0x${l.flags.toString(16)}`, l.maxEntries, l.key.size, l.valueSize].join(' ');
    });
    expect(lines).toEqual(expected.trim().split('\n'));
    expect(Object.keys(serviceCatalog)).toEqual(Object.keys(catalog).slice(0, 11));
  });
  it('knows where maps are pinned', () => {
    const layout = catalog.lb4_services_v2;
    expect(pinPath(layout)).toBe('/sys/fs/bpf/lbx/lb4_services_v2');
    expect(pinPath(layout, ciliumPins)).toBe('/sys/fs/bpf/tc/globals/cilium_lb4_services_v2');
    expect(pinPath(layout, { bpffs: '/run/bpf', folder: '' })).toBe('/run/bpf/lb4_services_v2');
    expect([isMapName('lb_act'), isMapName('toString'), isMapName('')]).toEqual([true, false, false]);
  });
});
