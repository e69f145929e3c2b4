// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Test object: compiled for big-endian BPF (clang -target bpfeb). */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct pair {
	__u16 first : 4, second : 12;
	__be32 address;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct pair);
	__type(value, __u64);
	__uint(max_entries, 300);
} pairs SEC(".maps");

const volatile __u32 config_u32 = 0x04050607;
__u16 data_u16 = 0x0102;

SEC("tc")
int big_tc(struct __sk_buff *skb)
{
	struct pair key = { .first = 1, .address = config_u32 };

	data_u16++;
	return bpf_map_lookup_elem(&pairs, &key) ? 1 : 0;
}

char LICENSE[] SEC("license") = "GPL";
