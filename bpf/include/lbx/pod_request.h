// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pod_request.h - packets of a pod on this node to a service, as they leave the pod.
 *
 * The destination becomes the backend's; the source stays the pod, and the kernel takes
 * the packet on. Answers find their half of the flow (lbx_flow, direction REPLY) on the
 * way into the pod, from wherever they come.
 *
 * A pod that is its own backend would answer to itself and never pass here again. So
 * the request's source becomes lbx_hairpin_addr, it goes back into the pod, and so does
 * the answer to that address (pod_hairpin_reply()).
 */
#ifndef LBX_POD_REQUEST_H
#define LBX_POD_REQUEST_H

#include <linux/if_ether.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/backend_meta.h>
#include <lbx/clock.h>
#include <lbx/flow.h>
#include <lbx/gate_frontend.h>
#include <lbx/mem.h>
#include <lbx/parse.h>
#include <lbx/parse_deep.h>
#include <lbx/pod_peer.h>
#include <lbx/pod_service.h>
#include <lbx/reasons.h>
#include <lbx/refuse.h>
#include <lbx/reply_tc.h>
#include <lbx/request.h>
#include <lbx/rewrite.h>
#include <lbx/scratch.h>
#include <lbx/traffic.h>
#include <lbx/verdict.h>

/* Whom a pod sees as its client when it calls itself: nobody's address. 0: not possible. */
const volatile addr_t lbx_hairpin_addr = {};

/* NodePorts are on every address of the node; the gate knows those with an entry. */
static __always_inline _Bool pod_may_be_service(const struct lbx_packet *packet)
{
	return gate_may_be_frontend(packet, 1) ||
	       (pod_is_nodeport(packet->dport) && pod_is_own(packet_daddr(packet)));
}

/* Back into the pod that it came from. */
static __always_inline int pod_turn(ctx_t *ctx, struct lbx_packet *packet)
{
	__u8 mac[ETH_ALEN];

	mem_copy_by(mac, packet->eth->h_dest, ETH_ALEN, 1);
	mem_copy_by(packet->eth->h_dest, packet->eth->h_source, ETH_ALEN, 1);
	mem_copy_by(packet->eth->h_source, mac, ETH_ALEN, 1);
	return ctx_send_back(ctx);
}

/* Rewrite; hand on to another pod or the kernel, or back into the pod. */
static __always_inline int pod_deliver(ctx_t *ctx, struct lbx_packet *packet,
				       const struct lbx_target *target,
				       const struct lbx_rewrite *to, const struct lbx_hop *hop)
{
	_Bool hairpin = !addr_equal(packet_saddr(packet), &to->saddr);
	int verdict = request_deliver(ctx, packet, target, to, hop);

	if (verdict != CTX_PASS)
		return verdict;
	return hairpin ? pod_turn(ctx, packet) : pod_hand_on(packet, hop->route, hop->stamp);
}

/* A packet of a known, healthy flow; else LBX_VERDICT_SLOW. */
static __always_inline int pod_request_fast(ctx_t *ctx, struct lbx_packet *packet)
{
	struct lbx_flow_key key;
	struct lbx_rewrite to;
	struct lbx_flow *flow;
	__u32 stamp, route;
	_Bool hairpin;

	if (flow_is_event(packet->tcp_flags))
		return LBX_VERDICT_SLOW;
	flow_key(packet, LBX_FLOW_REQUEST, &key);
	flow = flow_find(&key);
	if (!flow || clock_now() - flow->last_seen > LBX_CLOCK_PERIOD ||
	    !backend_meta_valid(flow->backend_id, flow->generation, &flow->daddr, flow->dport))
		return LBX_VERDICT_SLOW;
	rewrite_copy(&to, flow_rewrite(flow));
	stamp = flow->route_stamp;
	route = flow->route;
	if (!flow_is(flow, &key))
		return LBX_VERDICT_SLOW;
	hairpin = !addr_equal(&key.saddr, &to.saddr);
	if (!rewrite_headers(ctx, packet, &to, 0))
		return verdict_of(ctx, LBX_DROP_REWRITE);
	reasons_count(LBX_SENT_LOCAL_REQUEST, ctx_length(ctx));
	traffic_count(traffic_of(flow), LBX_FLOW_REQUEST, ctx_length(ctx));
	return hairpin ? pod_turn(ctx, packet) : pod_hand_on(packet, route, stamp);
}

/* Make both halves of the flow of scratch memory's key to the target there, and send. */
static __always_inline int pod_bind(ctx_t *ctx, struct lbx_packet *packet,
				    struct lbx_scratch *scratch)
{
	const struct lbx_target *target = &scratch->target;
	const struct lbx_flow_key *key = &scratch->key;
	struct lbx_flow_key *reply_key = &scratch->reply_key;
	struct lbx_rewrite *to = &scratch->to;
	__u32 now = clock_now();
	struct lbx_flow *reply;
	addr_t source = key->saddr;

	if (addr_equal(&target->address, &key->saddr)) {
		source = addr_setting(&lbx_hairpin_addr);
		if (addr_is_zero(&source))
			return verdict_about(ctx, LBX_DROP_NO_SNAT_ADDRESS, target_about(target));
	}
	request_reply_key(key, &target->address, target->port, reply_key);
	reply_key->daddr = source;
	reply = flow_find(reply_key);
	if (reply && !request_answers(reply, key) && !request_gives_way(reply, now))
		return verdict_about(ctx, LBX_DROP_REPLY_COLLISION, target_about(target));
	to->saddr = key->daddr;
	to->daddr = key->saddr;
	to->sport = key->dport;
	to->dport = key->sport;
	rewrite_deltas(&reply_key->saddr, &reply_key->daddr, reply_key->sport, reply_key->dport, to,
		       0);
	request_value(reply_key, target, to, now, &scratch->flow);
	if (flow_replace(reply_key, &scratch->flow))
		return verdict_about(ctx, LBX_DROP_FLOW_TABLE, target_about(target));

	to->saddr = source;
	to->daddr = target->address;
	to->sport = key->sport;
	to->dport = target->port;
	rewrite_deltas(&key->saddr, &key->daddr, key->sport, key->dport, to, 0);
	request_value(key, target, to, now, &scratch->flow);
	pod_find_peer(ctx, key, target, &scratch->hop);
	scratch->flow.route_stamp = scratch->hop.stamp;
	scratch->flow.route = scratch->hop.route;
	if (flow_replace(key, &scratch->flow))
		return verdict_about(ctx, LBX_DROP_FLOW_TABLE, target_about(target));
	return pod_deliver(ctx, packet, target, to, &scratch->hop);
}

/* Has the service that the flow belongs to gone, or come back as another? */
static __always_inline _Bool pod_service_gone(struct lbx_scratch *scratch)
{
	struct lb_key key;
	int reason = pod_service(&scratch->key, &key, &scratch->selected.service);

	return (reason != LBX_SELECT_OK && reason != LBX_DROP_NO_BACKEND) ||
	       scratch->selected.service.rev_nat_index != scratch->target.rev_nat_index;
}

/* Is the flow that was found to go on? Then both halves learn what this packet tells. */
static __always_inline _Bool pod_keep(ctx_t *ctx, struct lbx_scratch *scratch,
				      struct lbx_flow *flow, __u8 tcp_flags, _Bool starts)
{
	struct lbx_target *target = &scratch->target;
	struct lbx_rewrite *to = &scratch->to;
	__u32 now = clock_now();
	struct lbx_flow *reply;
	_Bool stale, expired;
	__u8 flags;

	rewrite_copy(to, flow_rewrite(flow));
	target->address = to->daddr;
	target->port = to->dport;
	target->rev_nat_index = flow->rev_nat_index;
	target->backend_id = flow->backend_id;
	target->generation = flow->generation;
	flags = flow->flags;
	stale = now - flow->checked > lbx_hz;
	expired = flow_is_expired(flow, now);
	if (!flow_is(flow, &scratch->key) ||
	    !backend_meta_valid(target->backend_id, target->generation, &to->daddr, to->dport) ||
	    (starts && (flow_is_closing(flags) || request_backend_leaving(target->backend_id))) ||
	    (stale && pod_service_gone(scratch)))
		return 0;

	request_reply_key(&scratch->key, &to->daddr, to->dport, &scratch->reply_key);
	scratch->reply_key.daddr = to->saddr;
	reply = flow_find(&scratch->reply_key);
	if (!reply || !request_answers(reply, &scratch->key) ||
	    (expired && flow_is_expired(reply, now)))
		return 0;
	flags = flow_flags_after(flags | reply->flags, LBX_FLOW_REQUEST, tcp_flags);
	flow_tell(reply, &scratch->reply_key, flags, now);
	flow_tell(flow, &scratch->key, flags, now);
	scratch->hop.stamp = flow->route_stamp;
	scratch->hop.route = flow->route;
	if (stale) {
		pod_find_peer(ctx, &scratch->key, target, &scratch->hop);
		/* The kernel was asked: is the entry still this flow's? */
		if (flow_hold(flow, &scratch->key)) {
			flow->route_stamp = scratch->hop.stamp;
			flow->route = scratch->hop.route;
			flow->checked = now;
			flow_release(flow, &scratch->key);
		}
	}
	target->flags = flags;
	return 1;
}

/* Any packet for a service: all of LBX_CALL_REQUEST. */
static __always_inline int pod_request_slow(ctx_t *ctx)
{
	struct lbx_scratch *scratch = scratch_get();
	struct lbx_selected *selected;
	struct lbx_target *target;
	struct lbx_packet packet;
	struct lbx_flow *flow;
	struct lb_key key;
	_Bool starts;
	int reason;

	if (!scratch || parse_deep(ctx, &packet, &scratch->piece) != LBX_PACKET_FLOW)
		return CTX_PASS;
	target = &scratch->target;
	selected = &scratch->selected;
	flow_key(&packet, LBX_FLOW_REQUEST, &scratch->key);
	starts = (packet.tcp_flags & (LBX_TCP_SYN | LBX_TCP_ACK)) == LBX_TCP_SYN;
	flow = flow_find(&scratch->key);
	if (flow && pod_keep(ctx, scratch, flow, packet.tcp_flags, starts))
		return pod_deliver(ctx, &packet, target, &scratch->to, &scratch->hop);

	reason = pod_service(&scratch->key, &key, &selected->service);
	if (reason != LBX_SELECT_OK)
		return refuse_service(ctx, &selected->service, reason);
	reason = pod_backend(&scratch->key, &key, selected);
	if (reason != LBX_SELECT_OK)
		return refuse_service(ctx, &selected->service, reason);
	mem_zero(target);
	target->rev_nat_index = selected->service.rev_nat_index;
	target->address = selected->backend.address;
	target->port = selected->backend.port;
	target->backend_id = selected->backend_id;
	target->generation = selected->generation;
	target->flags = flow_flags_after(LBX_FLOW_LOCAL, LBX_FLOW_REQUEST, packet.tcp_flags);
	if (!request_may_bind(&scratch->key, target, 1))
		return verdict_about(ctx, LBX_DROP_SCTP_PORTS, target_about(target));
	verdict_note(ctx, LBX_NOTE_NEW_FLOW, target_about(target));
	return pod_bind(ctx, &packet, scratch);
}

/* What a pod answers itself: translated, and back into the pod. LBX_VERDICT_NOT_OURS: no answer. */
static __always_inline int pod_hairpin_reply(ctx_t *ctx, struct lbx_packet *packet)
{
	addr_t hairpin = addr_setting(&lbx_hairpin_addr);
	int verdict = reply_leave(ctx, packet);

	if (verdict != CTX_PASS)
		return verdict;
	return addr_equal(packet_daddr(packet), &hairpin) ? LBX_VERDICT_NOT_OURS
							  : pod_turn(ctx, packet);
}

#endif
