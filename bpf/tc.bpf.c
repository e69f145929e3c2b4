// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * tc.bpf.c - the tc side of north-south load balancing: the entry points, of one family.
 *
 * Compiled to tc4 and tc6 (LBX_FAMILY). lbx_tc_egress, of tc4, is attached to the
 * devices that lbx_xdp is attached to (tcx or clsact). It gives replies of backends on
 * this node the service's address as their source. Packets whose source the gate does
 * not know cost one array read. IPv6 goes by tail call (lbx_tc_calls, which must stay
 * pinned as lbx_xdp_calls must).
 *
 * Shares lbx_gate, the flow tables and lbx_counters with xdp.bpf.c.
 */
#include <lbx/ctx_tc.h>
#include <lbx/calls.h>
#include <lbx/family.h>
#include <lbx/gate.h>
#include <lbx/parse.h>
#include <lbx/reply_tc.h>
#include <lbx/verdict.h>

#if LBX_FAMILY == 6
int lbx_tc_egress6(ctx_t *ctx);
#endif

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, LBX_CALLS);
	__type(key, __u32);
	__array(values, int(ctx_t *));
} lbx_tc_calls SEC(".maps") = {
	.values =
		{
#if LBX_FAMILY == 6
			[CALL_SLOT(LBX_CALL_EGRESS)] = &lbx_tc_egress6,
#endif
		},
};

/* A packet of this object's family that leaves. */
static __always_inline int tc_leave(ctx_t *ctx)
{
	struct lbx_packet packet;

	ctx_pull(ctx, ETH_HLEN + sizeof(ip_t) + sizeof(struct tcphdr));
	if (parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet) != LBX_PACKET_FLOW)
		return CTX_PASS;
	if (lbx_gate_on &&
	    !gate_has(packet_saddr(&packet), packet.sport, packet.proto | LBX_GATE_BACKEND))
		return CTX_PASS;
	return reply_leave(ctx, &packet);
}

#if LBX_FAMILY == 4
SEC("tc")
int lbx_tc_egress(ctx_t *ctx)
{
	if (ctx->protocol == bpf_htons(ETH_P_IP))
		return tc_leave(ctx);
	if (ctx->protocol == bpf_htons(ETH_P_IPV6))
		bpf_tail_call_static(ctx, &lbx_tc_calls, CALL_SLOT6(LBX_CALL_EGRESS));
	return CTX_PASS;
}
#else
SEC("tc")
int lbx_tc_egress6(ctx_t *ctx)
{
	return tc_leave(ctx);
}
#endif

char LICENSE[] SEC("license") = "Dual BSD/GPL";
