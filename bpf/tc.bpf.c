// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * tc.bpf.c - the tc side of north-south load balancing: the entry points.
 *
 * lbx_tc_egress is attached to the devices that lbx_xdp is attached to (tcx or
 * clsact). It gives replies of backends on this node the service's address as
 * their source. Packets whose source the gate does not know cost one array read.
 *
 * Shares lbx_gate, lbx_flow4 and lbx_counters with xdp.bpf.c.
 */
#include <lbx/ctx_tc.h>
#include <lbx/gate.h>
#include <lbx/parse.h>
#include <lbx/reply4_tc.h>
#include <lbx/verdict.h>

SEC("tc")
int lbx_tc_egress(ctx_t *ctx)
{
	struct lbx_packet4 packet;

	if (ctx->protocol != bpf_htons(ETH_P_IP))
		return CTX_PASS;
	ctx_pull(ctx, ETH_HLEN + sizeof(struct iphdr) + sizeof(struct tcphdr));
	switch (parse_packet4(ctx_data(ctx), ctx_data_end(ctx), &packet)) {
	case LBX_PACKET4_FLOW:
		break;
	case LBX_PACKET4_OPTIONS:
	case LBX_PACKET4_FRAGMENT:
	case LBX_PACKET_OTHER:
		return CTX_PASS;
	}
	if (lbx_gate_on &&
	    !gate_has4(packet.ip->saddr, packet.sport, packet.proto | LBX_GATE_BACKEND))
		return CTX_PASS;
	return reply4_leave(ctx, &packet);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
