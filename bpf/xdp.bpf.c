// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * xdp.bpf.c - north-south load balancing at XDP: the entry points.
 *
 * lbx_xdp is attached to a device. It serves packets of known flows and passes
 * what is not ours; everything else goes by a static tail call to one of the
 * programs in lbx_xdp_calls, which must stay referenced by user space (pinned) for
 * as long as lbx_xdp is attached: the kernel empties a program array when the last
 * user-space reference to it is gone.
 *
 * Today: IPv4, TCP and UDP, by SNAT or to a backend on this node. Other packets
 * are passed where their own handling will be.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define LBX_USE_SERVICES4
#define LBX_USE_AFFINITY4
#define LBX_USE_SOURCE_RANGE4
#define LBX_USE_MAGLEV4

#include <lbx/ctx_xdp.h>
#include <lbx/gate.h>
#include <lbx/parse.h>
#include <lbx/reply4_xdp.h>
#include <lbx/request4.h>
#include <lbx/verdict.h>

/* 0: no service map has wildcard entries, so their gate bits are not asked for. */
const volatile __u8 lbx_wildcards_on = 1;

enum lbx_xdp_call {
	LBX_CALL_REQUEST4,
	LBX_CALL_REPLY4,
	LBX_CALLS,
};

int lbx_xdp_request4(ctx_t *ctx);
int lbx_xdp_reply4(ctx_t *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, LBX_CALLS);
	__type(key, __u32);
	__array(values, int(ctx_t *));
} lbx_xdp_calls SEC(".maps") = {
	.values =
		{
			[LBX_CALL_REQUEST4] = &lbx_xdp_request4,
			[LBX_CALL_REPLY4] = &lbx_xdp_reply4,
		},
};

static __always_inline int xdp_call(ctx_t *ctx, enum lbx_xdp_call call)
{
	bpf_tail_call_static(ctx, &lbx_xdp_calls, call);
	return verdict_of(ctx, LBX_DROP_MISSED_TAIL_CALL);
}

/* Wildcard entries are never of node addresses, so the SNAT address has none. */
static __always_inline _Bool xdp_may_be_service4(const struct lbx_packet4 *packet, _Bool wildcard)
{
	if (!lbx_gate_on || gate_has4(packet->ip->daddr, packet->dport, packet->proto))
		return 1;
	return wildcard && lbx_wildcards_on && gate_has4(packet->ip->daddr, 0, 0);
}

static __always_inline int xdp_flow4(ctx_t *ctx, struct lbx_packet4 *packet)
{
	_Bool ours = packet->ip->daddr == lbx_snat_addr4;
	int verdict;

	if (ours) {
		verdict = reply4_fast(ctx, packet);
		if (verdict == LBX_VERDICT_SLOW)
			return xdp_call(ctx, LBX_CALL_REPLY4);
		if (verdict != LBX_VERDICT_NOT_OURS)
			return verdict;
	}
	if (!xdp_may_be_service4(packet, !ours))
		return CTX_PASS;
	verdict = request4_fast(ctx, packet);
	if (verdict == LBX_VERDICT_SLOW)
		return xdp_call(ctx, LBX_CALL_REQUEST4);
	return verdict;
}

/* Not served yet: passed, and counted if the address is a service's (as wildcard entries tell). */
static __always_inline int xdp_pass4(ctx_t *ctx, const struct lbx_packet4 *packet,
				     enum lbx_reason reason)
{
	if (lbx_gate_on && lbx_wildcards_on && gate_has4(packet->ip->daddr, 0, 0))
		return verdict_of(ctx, reason);
	return CTX_PASS;
}

SEC("xdp")
int lbx_xdp(ctx_t *ctx)
{
	struct lbx_packet4 packet;

	switch (parse_packet4(ctx_data(ctx), ctx_data_end(ctx), &packet)) {
	case LBX_PACKET4_FLOW:
		return xdp_flow4(ctx, &packet);
	case LBX_PACKET4_OPTIONS:
		return xdp_pass4(ctx, &packet, LBX_PASS_OPTIONS);
	case LBX_PACKET4_FRAGMENT:
		return xdp_pass4(ctx, &packet, LBX_PASS_FRAGMENT);
	case LBX_PACKET_OTHER:
		break;
	}
	return CTX_PASS;
}

SEC("xdp")
int lbx_xdp_request4(ctx_t *ctx)
{
	return request4_slow(ctx);
}

SEC("xdp")
int lbx_xdp_reply4(ctx_t *ctx)
{
	return reply4_slow(ctx);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
