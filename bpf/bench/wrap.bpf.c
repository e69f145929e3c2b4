// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * wrap.bpf.c - for benchmarks: put the packet back before each run, and the floor.
 *
 * BPF_PROG_TEST_RUN does not restore the packet between repeats. bench_wrap writes
 * bench_template over its headers, makes it a packet of another flow if bench_mode
 * says so, and tail-calls the program under test (bench_target[0]). What bench_wrap
 * costs is measured with bench_stub as the target and subtracted.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <lbx/ctx_xdp.h>
#include <lbx/flow.h>
#include <lbx/parse.h>

#define BENCH_FLOWS 65536

enum bench_mode {
	BENCH_SAME,   /* always the template's flow */
	BENCH_RANDOM, /* one of BENCH_FLOWS flows, at random */
	BENCH_EACH,   /* one of BENCH_FLOWS flows, each in turn */
	BENCH_NEW,    /* never the same flow again */
};

/* The first bytes of the packet: link header (with a tag), IP and L4 header, in whole words. */
__u64 bench_template[FAMILY_OF(8, 10)];
volatile __u32 bench_mode = BENCH_SAME;
volatile __u32
	bench_length; /* of the packet, where it grows and has to shrink again; 0: it stays */
volatile __u32 bench_state = 1; /* of the random numbers, or the next flow's number */

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} bench_target SEC(".maps");

/* For the floor: keys like those of lbx_flow. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2 * BENCH_FLOWS);
	__type(key, struct lbx_flow_key);
	__type(value, struct lbx_flow);
} bench_lru SEC(".maps");

/* Client address (203.0.113.0/24) and port of flow `n`: 8 million different ones. */
static __always_inline void bench_client(struct lbx_packet *packet, __u32 n)
{
	__be32 *last = (__be32 *)packet_daddr(packet) - 1; /* last word of the source address */

	*last = bpf_htonl(0xcb007100u | ((n >> 15) & 0xff));
	packet->udp->source = bpf_htons(1024 + (n & 0x7fff));
}

SEC("xdp")
int bench_wrap(ctx_t *ctx)
{
	void *data = ctx_data(ctx), *data_end = ctx_data_end(ctx);
	struct lbx_packet packet;
	__u32 n;

	if (bench_length) {
		if (bpf_xdp_adjust_head(ctx, (int)(ctx_length(ctx) - bench_length)))
			return XDP_ABORTED;
		data = ctx_data(ctx);
		data_end = ctx_data_end(ctx);
	}
	if (data + sizeof(bench_template) > data_end)
		return XDP_ABORTED;
	mem_copy_by(data, bench_template, sizeof(bench_template), 8);
	if (bench_mode != BENCH_SAME) {
		if (parse_untagged(data, data_end, &packet) != LBX_PACKET_FLOW)
			return XDP_ABORTED;
		n = bench_state;
		if (bench_mode == BENCH_RANDOM) {
			n ^= n << 13;
			n ^= n >> 17;
			n ^= n << 5;
			bench_state = n;
			n &= BENCH_FLOWS - 1;
		} else {
			bench_state = n + 1;
			if (bench_mode == BENCH_EACH)
				n &= BENCH_FLOWS - 1;
		}
		bench_client(&packet, n);
	}
	/*
	 * Some 15 ns (a part of what is subtracted) in which the stores get out of the
	 * way: a load that spans two of them would wait, which real packets do not make.
	 */
	bpf_get_prandom_u32();
	bpf_tail_call_static(ctx, &bench_target, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int bench_stub(ctx_t *ctx __attribute__((unused)))
{
	return XDP_TX;
}

SEC("xdp")
int bench_parse(ctx_t *ctx)
{
	struct lbx_packet packet;

	if (parse_untagged(ctx_data(ctx), ctx_data_end(ctx), &packet) != LBX_PACKET_FLOW)
		return XDP_ABORTED;
	return packet.dport ? XDP_TX : XDP_PASS;
}

/* Parse and one LRU lookup; XDP_TX when it hits. */
SEC("xdp")
int bench_lookup(ctx_t *ctx)
{
	struct lbx_packet packet;
	struct lbx_flow_key key;
	struct lbx_flow *flow;

	if (parse_untagged(ctx_data(ctx), ctx_data_end(ctx), &packet) != LBX_PACKET_FLOW)
		return XDP_ABORTED;
	flow_key(&packet, LBX_FLOW_REQUEST, &key);
	flow = bpf_map_lookup_elem(&bench_lru, &key);
	return flow && flow->checked ? XDP_TX : XDP_ABORTED;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
