// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Test object: the rarer ways to declare things. For parsing; not all of it loads. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* What bpf_helpers.h of libbpf 1.4 and later calls __ulong(). */
#define ulong_attribute(name, value) enum { name##_value = value } name

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(key_size, 12);
	__uint(value_size, 3);
	__uint(max_entries, 7);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE);
	__uint(numa_node, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} sized_pinned SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__type(value, __u32);
	__uint(max_entries, 100);
	ulong_attribute(map_extra, 0x123456789aULL);
} bloom SEC(".maps");

typedef struct {
	__u16 a;
	__u16 b;
} anonymous_pair;

static struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__type(key, anonymous_pair);
	__type(value, struct { __u64 x; });
	__uint(max_entries, 5);
	__uint(pinning, LIBBPF_PIN_NONE);
} static_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 2);
} without_template SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} perf_events SEC(".maps");

static __u64 shared = 1;
__u64 weak_value __attribute__((weak)) = 2;
const char greeting[] = "hello";

static __attribute__((noinline)) __u64 count_a(void)
{
	static volatile __u64 calls = 5;

	return ++calls + shared;
}

static __attribute__((noinline)) __u64 count_b(void)
{
	static volatile __u64 calls = 6;

	shared++;
	return ++calls;
}

SEC("?xdp.frags/devmap")
int optional_xdp(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 value = count_a() + count_b() + weak_value + greeting[ctx->data & 3];

	bpf_map_update_elem(&static_map, &key, &value, BPF_ANY);
	bpf_map_update_elem(&without_template, &key, &key, BPF_ANY);
	return XDP_PASS;
}

SEC("lsm.s/file_open")
int sleepable_lsm(void *ctx)
{
	bpf_printk("from the string section");
	return 0;
}

SEC("no such kind")
int unknown_kind(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
