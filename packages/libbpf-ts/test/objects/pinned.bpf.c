// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Test object: a map that asks to be pinned by its name, and a program that counts in it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 8);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} pinned_counts SEC(".maps");

SEC("xdp")
int pinned_xdp(struct xdp_md *ctx)
{
	__u32 zero = 0;
	__u64 one = 1;
	__u64 *count = bpf_map_lookup_elem(&pinned_counts, &zero);

	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&pinned_counts, &zero, &one, BPF_ANY);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
