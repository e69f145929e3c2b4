// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Test object: a map the way it was declared before BTF; libbpf 1.0 and later refuse it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__u32 type, key_size, value_size, max_entries, map_flags;
} old_map SEC("maps") = { BPF_MAP_TYPE_HASH, 4, 8, 10, 0 };

SEC("xdp")
int old_xdp(struct xdp_md *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&old_map, &key) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
