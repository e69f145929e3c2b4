// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * flows.bpf.c - for benchmarks: what the flow table costs by itself, either kind. Run
 * behind wrap.bpf.c. Each program parses the packet and does one thing to its flow;
 * XDP_TX when that worked.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <lbx/clock.h>
#include <lbx/ctx_xdp.h>
#include <lbx/flow.h>
#include <lbx/parse.h>

static __always_inline _Bool flows_key(ctx_t *ctx, struct lbx_flow_key *key)
{
	struct lbx_packet packet;

	if (parse_untagged(ctx_data(ctx), ctx_data_end(ctx), &packet) != LBX_PACKET_FLOW)
		return 0;
	flow_key(&packet, LBX_FLOW_REQUEST, key);
	return 1;
}

/* Parse and make a key. */
SEC("xdp")
int flows_none(ctx_t *ctx)
{
	struct lbx_flow_key key;

	if (!flows_key(ctx, &key))
		return XDP_ABORTED;
	return *(volatile __be16 *)&key.dport ? XDP_TX : XDP_PASS;
}

/* Find the flow and see that it was the right one. */
SEC("xdp")
int flows_find(ctx_t *ctx)
{
	struct lbx_flow_key key;
	struct lbx_flow *flow;
	__u32 backend;

	if (!flows_key(ctx, &key))
		return XDP_ABORTED;
	flow = flow_find(&key);
	if (!flow)
		return XDP_PASS;
	backend = flow->backend_id;
	return flow_is(flow, &key) && backend ? XDP_TX : XDP_PASS;
}

/* As for the first packet of a flow: it is not there, its place is fetched, and it is made. */
SEC("xdp")
int flows_new(ctx_t *ctx)
{
	struct lbx_flow_key key;
	struct lbx_flow flow;

	if (!flows_key(ctx, &key))
		return XDP_ABORTED;
	if (flow_find_or_fetch(&key))
		return XDP_PASS;
	mem_zero_by(&flow, offsetof(struct lbx_flow, key), 8);
	flow.backend_id = 1;
	flow.last_seen = clock_now();
	mem_copy(&flow.key, &key);
	return flow_insert(&key, &flow) ? XDP_PASS : XDP_TX;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
