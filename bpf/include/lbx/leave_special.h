// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * leave_special.h - packets that leave a device and are not plain TCP or UDP: what
 * special.h is for those that come in. All of LBX_CALL_LEAVE.
 *
 * Of the answers of backends on this node: options, extension headers, fragments and
 * ICMP errors. Everything else goes as it is. At a pod's device (not `gated`) the backends
 * may be anywhere, and the flow alone tells what is an answer.
 */
#ifndef LBX_LEAVE_SPECIAL_H
#define LBX_LEAVE_SPECIAL_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/flow.h>
#include <lbx/fragments.h>
#include <lbx/gate.h>
#include <lbx/icmp_relay.h>
#include <lbx/parse_deep.h>
#include <lbx/reasons.h>
#include <lbx/reply_tc.h>
#include <lbx/rewrite_ip.h>
#include <lbx/scratch.h>
#include <lbx/traffic.h>
#include <lbx/verdict.h>

/* A later fragment of an answer: its first one has told the ports. */
static __always_inline int leave_fragment(ctx_t *ctx, struct lbx_packet *packet,
					  const struct lbx_piece *piece, struct lbx_flow_key *key)
{
	struct lbx_flow *flow;
	addr_t from, to;

	if (!fragments_recall(packet, piece))
		return CTX_PASS;
	flow_key_with(packet, *(const mem_u32 *)&packet->sport, LBX_FLOW_REPLY, key);
	flow = flow_find(key);
	if (!flow)
		return CTX_PASS;
	from = flow->saddr;
	to = *packet_daddr(packet);
	if (!flow_is(flow, key))
		return CTX_PASS;
	if (!rewrite_ip(ctx, packet->ip, packet->l3_at, &from, &to, 0))
		return verdict_of(ctx, LBX_DROP_REWRITE);
	reasons_count(LBX_SENT_LOCAL_REPLY, ctx_length(ctx));
	traffic_count(traffic_of(flow), LBX_FLOW_REPLY, ctx_length(ctx));
	return CTX_PASS;
}

/* TCP or UDP: could it be an answer? */
static __always_inline _Bool leave_is_answer(const struct lbx_packet *packet, const _Bool gated,
					     struct lbx_flow_key *key)
{
	if (gated)
		return !lbx_gate_on || gate_has(packet_saddr(packet), packet->sport,
						packet->proto | LBX_GATE_BACKEND);
	flow_key(packet, LBX_FLOW_REPLY, key);
	return flow_find(key);
}

static __always_inline int leave_special(ctx_t *ctx, const _Bool gated)
{
	struct lbx_scratch *scratch = scratch_get();
	struct lbx_packet packet;
	int verdict;

	if (!scratch)
		return CTX_PASS;
	switch (parse_deep(ctx, &packet, &scratch->piece)) {
	case LBX_PACKET_FLOW:
		if (!leave_is_answer(&packet, gated, &scratch->key))
			return CTX_PASS;
		if (scratch->piece.fragmented)
			fragments_remember(&packet, &scratch->piece);
		return reply_leave(ctx, &packet);
	case LBX_PACKET_FRAGMENT:
		return leave_fragment(ctx, &packet, &scratch->piece, &scratch->key);
	default:
		break;
	}
	if (parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet) == LBX_PACKET_ICMP &&
	    relay_out(ctx, &packet, gated, &verdict))
		return verdict;
	return CTX_PASS;
}

#endif
