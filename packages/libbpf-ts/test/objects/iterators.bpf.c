// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Test object: iterators over a map's entries and over UDP sockets. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define CORE __attribute__((preserve_access_index))

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} CORE;

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	void *key;
	void *value;
} CORE;

struct sock_common {
	__u16 skc_num;
} CORE;

struct sock {
	struct sock_common __sk_common;
} CORE;

struct bpf_iter__udp {
	struct bpf_iter_meta *meta;
	struct sock *udp_sk;
} CORE;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10000);
	__type(key, __u32);
	__type(value, __u64);
} entries SEC(".maps");

/* Writes key and value of each entry. */
SEC("iter/bpf_map_elem")
int dump_entries(struct bpf_iter__bpf_map_elem *ctx)
{
	__u32 *key = ctx->key;
	__u64 *value = ctx->value;
	__u64 pair[2];

	if (!key || !value)
		return 0;
	pair[0] = *key;
	pair[1] = *value;
	bpf_seq_write(ctx->meta->seq, pair, sizeof(pair));
	return 0;
}

/* Writes the local port of each socket. */
SEC("iter/udp")
int list_udp(struct bpf_iter__udp *ctx)
{
	struct sock *socket = ctx->udp_sk;
	__u16 port;

	if (!socket)
		return 0;
	port = socket->__sk_common.skc_num;
	bpf_seq_write(ctx->meta->seq, &port, sizeof(port));
	return 0;
}

SEC("xdp")
int no_iterator(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
