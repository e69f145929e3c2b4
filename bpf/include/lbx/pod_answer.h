// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pod_answer.h - what a pod of this node answers to a client outside, as it leaves the pod:
 * of flows whose requests went straight into the pod (LBX_FLOW_PEER, peer.h).
 *
 * It is translated here and sent on, past the host's stack. What cannot be (no way, too
 * long for it, its last hop) goes up as it is: the kernel says so to the pod, or forwards
 * it, and tc egress translates it as it does the answers of all other flows.
 */
#ifndef LBX_POD_ANSWER_H
#define LBX_POD_ANSWER_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/clock.h>
#include <lbx/flow.h>
#include <lbx/fragments.h>
#include <lbx/gate.h>
#include <lbx/parse.h>
#include <lbx/parse_deep.h>
#include <lbx/reasons.h>
#include <lbx/reply_tc.h>
#include <lbx/rewrite.h>
#include <lbx/rewrite_ip.h>
#include <lbx/routes.h>
#include <lbx/scratch.h>
#include <lbx/traffic.h>
#include <lbx/verdict.h>

/* The flow that the packet answers; NULL: none, or one that takes the stack. */
static __always_inline struct lbx_flow *pod_answered(const struct lbx_packet *packet,
						     struct lbx_flow_key *key)
{
	struct lbx_flow *flow;

	if (lbx_redirect != LBX_REDIRECT_PEER ||
	    (lbx_gate_on &&
	     !gate_has(packet_saddr(packet), packet->sport, packet->proto | LBX_GATE_BACKEND)))
		return NULL;
	flow_key_with(packet, *(const mem_u32 *)&packet->sport, LBX_FLOW_REPLY, key);
	flow = flow_find(key);
	return flow && flow->flags & LBX_FLOW_PEER ? flow : NULL;
}

/* LBX_VERDICT_NOT_OURS: no such answer, untouched; LBX_VERDICT_SLOW: pod_answer_slow(). */
static __always_inline int pod_answer_fast(ctx_t *ctx, struct lbx_packet *packet)
{
	struct lbx_flow_key key;
	struct lbx_route *route;
	struct lbx_flow *flow = pod_answered(packet, &key);
	__u32 stamp;

	if (!flow)
		return LBX_VERDICT_NOT_OURS;
	if (flow_is_event(packet->tcp_flags) || *packet_ttl(packet) <= 1 ||
	    !(flow->flags & LBX_FLOW_REPLIED) || clock_now() - flow->last_seen > LBX_CLOCK_PERIOD)
		return LBX_VERDICT_SLOW;
	stamp = flow->route_stamp;
	route = routes_lookup(flow->route);
	if (!route || !stamp || route->stamp != stamp || !rewrite_fits(ctx, packet, route))
		return LBX_VERDICT_SLOW;
	if (!rewrite_headers(ctx, packet, flow_rewrite(flow), 0) || !flow_is(flow, &key))
		return verdict_of(ctx, LBX_DROP_CONTENDED);
	rewrite_age_alone(ctx, packet);
	rewrite_link(packet->eth, route);
	if (!routes_is(route, stamp))
		return verdict_of(ctx, LBX_DROP_CONTENDED);
	reasons_count(LBX_SENT_LOCAL_REPLY, ctx_length(ctx));
	traffic_count(traffic_of(flow), LBX_FLOW_REPLY, ctx_length(ctx));
	return ctx_send(ctx, route->ifindex);
}

/* The way to the client: what the flow has, or, once a second, what the kernel says. False: none.
 */
static __always_inline _Bool pod_answer_way(ctx_t *ctx, const struct lbx_packet *packet,
					    struct lbx_flow *flow, const struct lbx_flow_key *key,
					    struct lbx_hop *hop)
{
	__u32 now = clock_now();

	hop->ifindex = 0;
	hop->stamp = flow->route_stamp;
	hop->route = flow->route;
	if (now - flow->checked <= lbx_hz && routes_has(packet, hop))
		return 1;
	/* As the stack would send it: its source is the pod. */
	if (routes_resolve(ctx, ctx_ifindex(ctx), &key->saddr, &key->daddr, hop) != LBX_ROUTE_OK)
		return 0;
	/* The kernel was asked: is the entry still this flow's? */
	if (flow_hold(flow, key)) {
		flow->route_stamp = hop->stamp;
		flow->route = hop->route;
		flow->checked = now;
		flow_release(flow, key);
	}
	return 1;
}

/* What is rewritten, with its link header in reach at `eth`: out by `hop`. */
static __always_inline int pod_answer_send(ctx_t *ctx, struct ethhdr *eth,
					   const struct lbx_hop *hop)
{
	struct lbx_route *route;

	if (!hop->stamp)
		return ctx_send_unresolved(ctx, hop->ifindex);
	route = routes_lookup(hop->route);
	if (!route)
		return verdict_of(ctx, LBX_DROP_CONTENDED);
	rewrite_link(eth, route);
	if (!routes_is(route, hop->stamp))
		return verdict_of(ctx, LBX_DROP_CONTENDED);
	return ctx_send(ctx, route->ifindex);
}

/* Any answer that is whole, or the first piece of one: all of LBX_CALL_REPLY. */
static __always_inline int pod_answer_slow(ctx_t *ctx)
{
	struct lbx_scratch *scratch = scratch_get();
	struct lbx_packet packet;
	struct lbx_rewrite *to;
	struct lbx_flow *flow;
	struct lbx_route *route;
	__u32 now = clock_now();
	__u8 flags;

	if (!scratch || parse_deep(ctx, &packet, &scratch->piece) != LBX_PACKET_FLOW)
		return CTX_PASS;
	to = &scratch->to;
	flow = pod_answered(&packet, &scratch->key);
	if (!flow || *packet_ttl(&packet) <= 1 || flow_is_expired(flow, now) ||
	    !pod_answer_way(ctx, &packet, flow, &scratch->key, &scratch->hop))
		return CTX_PASS;
	route = routes_lookup(scratch->hop.route);
	if (scratch->hop.stamp && route && !rewrite_fits(ctx, &packet, route))
		return CTX_PASS;
	rewrite_copy(to, flow_rewrite(flow));
	flags = flow_flags_after(flow->flags, LBX_FLOW_REPLY, packet.tcp_flags);
	if (!flow_is(flow, &scratch->key))
		return CTX_PASS;
	if (flags != flow->flags)
		leave_tell_request(&scratch->key, &to->saddr, to->sport, flags, now);
	flow_tell(flow, &scratch->key, flags, now);
	if (!rewrite_headers(ctx, &packet, to, 0))
		return verdict_of(ctx, LBX_DROP_REWRITE);
	rewrite_age_alone(ctx, &packet);
	reasons_count(LBX_SENT_LOCAL_REPLY, ctx_length(ctx));
	traffic_count(traffic_of(flow), LBX_FLOW_REPLY, ctx_length(ctx));
	return pod_answer_send(ctx, packet.eth, &scratch->hop);
}

/*
 * A later piece, whose ports are known, follows the first. False: not of such an answer, or
 * there is no way for it; untouched.
 */
static __always_inline _Bool pod_answer_piece(ctx_t *ctx, struct lbx_packet *packet,
					      struct lbx_scratch *scratch, int *verdict)
{
	struct lbx_flow *flow = pod_answered(packet, &scratch->key);
	addr_t from, to;

	if (!flow || *packet_ttl(packet) <= 1 ||
	    !pod_answer_way(ctx, packet, flow, &scratch->key, &scratch->hop))
		return 0;
	from = flow->saddr;
	to = scratch->key.daddr;
	if (!flow_is(flow, &scratch->key))
		return 0;
	if (!rewrite_ip(ctx, packet->ip, packet->l3_at, &from, &to, 1) ||
	    parse_packet(ctx_data(ctx), ctx_data_end(ctx), packet) == LBX_PACKET_OTHER) {
		*verdict = verdict_of(ctx, LBX_DROP_REWRITE);
		return 1;
	}
	reasons_count(LBX_SENT_LOCAL_REPLY, ctx_length(ctx));
	traffic_count(traffic_of(flow), LBX_FLOW_REPLY, ctx_length(ctx));
	*verdict = pod_answer_send(ctx, packet->eth, &scratch->hop);
	return 1;
}

#endif
