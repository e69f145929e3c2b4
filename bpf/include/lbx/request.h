// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * request.h - packets from clients to services.
 *
 * request_fast() serves a packet of a known, healthy flow with one helper call
 * (the flow lookup) or says LBX_VERDICT_SLOW. request_slow() serves any packet:
 * first of a flow, TCP events, stale next hop, expired or broken flow.
 *
 * Remote backend: source becomes the SNAT address and a port, destination the
 * backend; sent back out of the same device (CTX_TX). Local backend: destination
 * only; passed up, the kernel delivers or forwards it, and tc egress turns the
 * replies back (reply_tc.h).
 *
 * A flow ends when its backend is removed, when its service is deleted (within a
 * second) or when it was silent too long (clock.h). Its next packet then chooses
 * anew, TCP in mid-flow as well: the new backend answers with RST, so the client
 * learns at once that the connection is gone. Flows to a terminating backend stay;
 * SYNs choose anew.
 */
#ifndef LBX_REQUEST_H
#define LBX_REQUEST_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/backend_meta.h>
#include <lbx/clock.h>
#include <lbx/dsr_out.h>
#include <lbx/flow.h>
#include <lbx/mem.h>
#include <lbx/parse.h>
#include <lbx/parse_deep.h>
#include <lbx/reasons.h>
#include <lbx/refuse.h>
#include <lbx/request_bind.h>
#include <lbx/reverse.h>
#include <lbx/rewrite.h>
#include <lbx/routes.h>
#include <lbx/select.h>
#include <lbx/snat.h>
#include <lbx/traffic.h>
#include <lbx/verdict.h>

/*
 * What is due four times a second: is the flow alive, its route fresh, the reply
 * half there? Touches both halves. False: not without the slow path.
 */
static __always_inline _Bool request_keep(struct lbx_flow *flow, const struct lbx_flow_key *key,
					  __u32 now)
{
	struct lbx_rev *entry;

	if (flow_is_expired(flow, now) || now - flow->checked > lbx_hz ||
	    flow->flags & LBX_FLOW_LOCAL || flow_is_unconfirmed(flow->flags))
		return 0;
	if (!(flow->flags & LBX_FLOW_DSR)) {
		entry = reverse_of(key, &flow->daddr, flow->dport, flow->sport, flow->way);
		if (!entry)
			return 0;
		reverse_touch(entry, now);
	}
	flow->last_seen = now;
	return 1;
}

/*
 * What does not need the flow is done before it is looked up: that is hidden under
 * the parser's loads, while nothing overlaps the return from a helper.
 *
 * The flow is read while it is used, not copied: should the table give its entry to
 * another flow meanwhile, the packet is spoilt, which flow_is() tells at the end.
 */
static __always_inline int request_fast(ctx_t *ctx, struct lbx_packet *packet)
{
	struct lbx_counter *counter = reasons_counter(LBX_SENT_REQUEST);
	__u32 now = clock_now();
	struct lbx_flow_key key;
	struct lbx_flow *flow;
	struct lbx_route *route;
	__u32 stamp;

	if (flow_is_event(packet->tcp_flags) || *packet_ttl(packet) <= 1)
		return LBX_VERDICT_SLOW;
	flow_key(packet, LBX_FLOW_REQUEST, &key);
	flow = flow_find(&key);
	if (!flow)
		return LBX_VERDICT_SLOW;

	if (!backend_meta_valid(flow->backend_id, flow->generation, &flow->daddr, flow->dport))
		return LBX_VERDICT_SLOW;
	if (now - flow->last_seen > LBX_CLOCK_PERIOD && !request_keep(flow, &key, now))
		return LBX_VERDICT_SLOW;

	if (flow->flags & LBX_FLOW_LOCAL) {
		_Bool peer = flow->flags & LBX_FLOW_PEER;
		__u32 index = flow->route;

		stamp = flow->route_stamp;
		if (!rewrite_headers(ctx, packet, flow_rewrite(flow), 0) || !flow_is(flow, &key))
			return verdict_of(ctx, LBX_DROP_CONTENDED);
		reasons_count(LBX_SENT_LOCAL_REQUEST, ctx_length(ctx));
		traffic_count(traffic_of(flow), LBX_FLOW_REQUEST, ctx_length(ctx));
		return peer ? peer_deliver(ctx, packet, index, stamp) : CTX_PASS;
	}

	stamp = flow->route_stamp;
	route = routes_lookup(flow->route);
	if (!route || !stamp || route->stamp != stamp)
		return LBX_VERDICT_SLOW;
	if (!ctx_reaches(packet->ifindex, route->ifindex))
		return behind_is_tc() ? verdict_of(ctx, LBX_NOTE_OTHER_DEVICE) : LBX_VERDICT_SLOW;
	if (flow->flags & LBX_FLOW_DSR)
		return dsr_fast(ctx, packet, flow, &key, route, stamp);
	if (!rewrite_fits(ctx, packet, route))
		return LBX_VERDICT_SLOW;
	if (!rewrite_send(ctx, packet, flow_rewrite(flow), route, stamp) || !flow_is(flow, &key))
		return verdict_of(ctx, LBX_DROP_CONTENDED);
	reasons_add(counter, ctx_length(ctx));
	traffic_count(traffic_of(flow), LBX_FLOW_REQUEST, ctx_length(ctx));
	return ctx_send(ctx, route->ifindex);
}

/*
 * What there is to note about a request that begins a flow: why the one before is over
 * (0: none was), and whether this is a new or a healed one. Remembered first and counted
 * when the packet is not left to tc, which notes the same. (Kept in memory: as values
 * known to the verifier they would multiply the paths that it looks at.)
 */
static __always_inline void request_remember(enum lbx_reason note)
{
	struct lbx_scratch *scratch = scratch_get();

	if (scratch)
		scratch->note = note;
}

static __always_inline void request_remember_over(__u32 over)
{
	struct lbx_scratch *scratch = scratch_get();

	if (scratch)
		scratch->over = over;
}

static __always_inline void request_note(ctx_t *ctx, const struct lbx_target *target)
{
	struct lbx_scratch *scratch = scratch_get();

	if (!scratch)
		return;
	if (scratch->over)
		verdict_note(ctx, scratch->over, target_about(target));
	verdict_note(ctx, scratch->note, target_about(target));
}

/* No flow, or one that is over (`replace`): find the service, choose, bind. */
static __always_inline int request_new(ctx_t *ctx, struct lbx_packet *packet,
				       const struct lbx_flow_key *key, _Bool starts, _Bool replace)
{
	struct lbx_scratch *scratch = scratch_get();
	struct lbx_selected *selected;
	struct lbx_target *target;
	struct lbx_rev *entry = NULL;
	struct lbx_hop hop = {};
	_Bool local = 0, dsr;
	int reason;

	if (!scratch)
		return verdict_of(ctx, LBX_DROP_FLOW_TABLE);
	selected = &scratch->selected;
	target = &scratch->target;
	mem_zero(target);
	/* TCP in mid-flow makes a flow by DSR, which needs no port, or seldom. */
	if (starts || key->proto != IPPROTO_TCP)
		snat_prefetch(key);
	reason = select_service(key, &selected->service);
	if (reason != LBX_SELECT_OK)
		return refuse_service(ctx, &selected->service, reason);
	dsr = dsr_wanted(&selected->service, key->proto);
	target->rev_nat_index = selected->service.rev_nat_index;

	/* In mid-flow the request half was lost, or this is another node's flow. */
	if (!starts && !replace && !dsr)
		entry = snat_reply_half(snat_find_reply_half(key), key);
	if (entry && !flow_is_closing(entry->flags) &&
	    entry->rev_nat_index == target->rev_nat_index &&
	    backend_meta_valid(entry->backend_id, entry->generation, &entry->backend_addr,
			       entry->backend_port)) {
		target->address = entry->backend_addr;
		target->port = entry->backend_port;
		target->backend_id = entry->backend_id;
		target->generation = entry->generation;
		target->flags = entry->flags;
		/* Was it overwritten while it was read? */
		barrier();
		if (!reverse_to_client(entry, key))
			return verdict_about(ctx, LBX_DROP_CONTENDED, target_about(target));
		request_remember(LBX_NOTE_HEALED_FLOW);
	} else {
		request_remember(LBX_NOTE_NEW_FLOW);
		reason = select_backend(key, selected);
		if (reason != LBX_SELECT_OK)
			return refuse_service(ctx, &selected->service, reason);
		target->address = selected->backend.address;
		target->port = selected->backend.port;
		target->backend_id = selected->backend_id;
		target->generation = selected->generation;
		local = selected->local;
	}
	target->flags = flow_flags_after(target->flags, LBX_FLOW_REQUEST, packet->tcp_flags);

	if (!local) {
		if (*packet_ttl(packet) <= 1)
			return refuse_ttl(ctx, target_about(target));
		reason = request_route(ctx, packet, target, &hop, &local);
		if (reason != LBX_SELECT_OK)
			return verdict_about(ctx, reason, target_about(target));
	}
	if (!request_may_bind(key, target, local || dsr))
		return verdict_about(ctx, LBX_DROP_SCTP_PORTS, target_about(target));
	request_note(ctx, target);
	if (local)
		target->flags |= LBX_FLOW_LOCAL |
				 (peer_find(ctx, packet, key, target, &hop) ? LBX_FLOW_PEER : 0);
	else if (dsr)
		target->flags |= LBX_FLOW_DSR | LBX_FLOW_REPLIED; /* dsr_out.h */
	scratch->replace = replace;
	hop_copy(&scratch->hop, &hop);
	return LBX_VERDICT_CALL(LBX_CALL_BIND);
}

/* Has the flow's service gone, or come back as another? Asked when the route is. */
static __always_inline _Bool request_service_gone(const struct lbx_flow_key *key,
						  __u16 rev_nat_index)
{
	addr_t address = key->daddr;
	struct lb_service *service = select_lookup_of_node(&address, key->dport, key->proto);

	return !service || service->rev_nat_index != rev_nat_index;
}

static __always_inline _Bool request_backend_leaving(__u32 id)
{
	struct lb_backend *backend = bpf_map_lookup_elem(&lb_backends, &id);

	return !backend || backend->state != LBX_BACKEND_ACTIVE;
}

/*
 * A flow was found. Keep it (verdict), or say why it is over: LBX_NOTE_* and
 * `is_over`. Both halves get what this packet tells.
 */
static __always_inline int request_known(ctx_t *ctx, struct lbx_packet *packet,
					 const struct lbx_flow_key *key, struct lbx_flow *flow,
					 _Bool starts, _Bool *is_over)
{
	struct lbx_rev *entry = NULL;
	struct lbx_flow *reply = NULL;
	struct lbx_scratch *scratch = scratch_get();
	struct lbx_target *target;
	struct lbx_rewrite *to;
	struct lbx_hop hop;
	__u32 now = clock_now();
	_Bool local, snat, stale, expired, ignored;
	__u8 flags, way;
	int reason;

	*is_over = 0;
	if (!scratch)
		return verdict_of(ctx, LBX_DROP_FLOW_TABLE);
	target = &scratch->target;
	to = &scratch->to;
	*is_over = 1;
	rewrite_copy(to, flow_rewrite(flow));
	hop.stamp = flow->route_stamp;
	hop.ifindex = 0;
	hop.route = flow->route;
	flags = flow->flags;
	way = flow->way;
	target->address = to->daddr;
	target->port = to->dport;
	target->rev_nat_index = flow->rev_nat_index;
	target->backend_id = flow->backend_id;
	target->generation = flow->generation;
	stale = now - flow->checked > lbx_hz;
	expired = flow_is_expired(flow, now);
	if (!flow_is(flow, key))
		return LBX_NOTE_FLOW_EXPIRED;
	local = flags & LBX_FLOW_LOCAL;
	snat = !(flags & (LBX_FLOW_LOCAL | LBX_FLOW_DSR));

	if (!backend_meta_valid(target->backend_id, target->generation, &to->daddr, to->dport)) {
		entry = snat ? reverse_of(key, &to->daddr, to->dport, to->sport, way) : NULL;
		if (entry)
			reverse_close(entry);
		return LBX_NOTE_BACKEND_GONE;
	}
	if (starts && (flow_is_closing(flags) || request_backend_leaving(target->backend_id)))
		return LBX_NOTE_FLOW_EXPIRED;
	if (stale && request_service_gone(key, target->rev_nat_index))
		return LBX_NOTE_SERVICE_GONE;

	if (local) {
		request_reply_key(key, &to->daddr, to->dport, &scratch->reply_key);
		reply = flow_find(&scratch->reply_key);
		if (reply && !request_answers(reply, key))
			reply = NULL;
		if (reply && !flow_is_expired(reply, now))
			expired = 0;
	} else if (snat) {
		entry = reverse_of(key, &to->daddr, to->dport, to->sport, way);
		if (entry && !reverse_expired(entry, now))
			expired = 0;
	}
	if (expired)
		return LBX_NOTE_FLOW_EXPIRED;

	*is_over = 0;
	flags = flow_flags_after(flags, LBX_FLOW_REQUEST, packet->tcp_flags);
	if (!local && *packet_ttl(packet) <= 1)
		return refuse_ttl(ctx, target_about(target));

	if (!local && (stale || !routes_has(packet, &hop))) {
		struct lbx_hop fresh;

		ignored = 0;
		if (behind_is_tc() && !stale && routes_elsewhere(packet, &hop))
			return verdict_about(ctx, LBX_NOTE_OTHER_DEVICE, target_about(target));
		reason = request_route(ctx, packet, target, &fresh, &ignored);
		if (reason == LBX_DROP_NO_NEIGHBOUR && routes_has(packet, &hop)) {
			/* The kernel forgot it; flows that work go on with what we know. */
			verdict_note(ctx, LBX_NOTE_NEIGHBOUR_KEPT, target_about(target));
		} else if (reason != LBX_SELECT_OK) {
			return verdict_about(ctx, reason, target_about(target));
		} else if (ignored) {
			*is_over = 1; /* the backend came to this node */
			return LBX_NOTE_FLOW_EXPIRED;
		} else {
			hop_copy(&hop, &fresh);
		}
	}
	if (flags & LBX_FLOW_PEER && (stale || !routes_has(packet, &hop)))
		peer_renew(ctx, packet, key, target, &hop);
	if (entry)
		flags |= entry->flags;
	/* The kernel was asked above: is the entry still this flow's? */
	if (flow_hold(flow, key)) {
		flow->route_stamp = hop.stamp;
		flow->route = hop.route;
		if (stale)
			flow->checked = now;
		flow->last_seen = now;
		flow->flags |= flags;
		flow_release(flow, key);
	}

	/* The reply half: touched, or made again where it was lost. */
	target->flags = flags;
	if (local) {
		if (!reply) {
			verdict_note(ctx, LBX_NOTE_HEALED_FLOW, target_about(target));
			scratch->replace = 1;
			hop_copy(&scratch->hop, &hop);
			return LBX_VERDICT_CALL(LBX_CALL_BIND);
		}
		if (reply->flags != flags)
			flow_tell(reply, &scratch->reply_key, flags, now);
		else
			reply->last_seen = now;
		return request_deliver(ctx, packet, target, to, &hop);
	}
	if (!snat)
		return dsr_send_by(ctx, packet, key, to, &hop, traffic_of(target));
	if (!entry) {
		verdict_note(ctx, LBX_NOTE_HEALED_FLOW, target_about(target));
		scratch->replace = 1;
		hop_copy(&scratch->hop, &hop);
		return LBX_VERDICT_CALL(LBX_CALL_BIND);
	}
	reverse_touch(entry, now);
	if (entry->flags != flags)
		entry->flags = flags;
	return request_send(ctx, packet, target, to, &hop);
}

/* Any packet for a service. */
static __always_inline int request_slow(ctx_t *ctx)
{
	struct lbx_packet packet;
	struct lbx_scratch *scratch = scratch_get();
	struct lbx_flow_key *key;
	struct lbx_flow *flow;
	_Bool starts;

	if (!scratch)
		return verdict_of(ctx, LBX_DROP_FLOW_TABLE);
	key = &scratch->key;
	if (parse_deep(ctx, &packet, &scratch->piece) != LBX_PACKET_FLOW)
		return CTX_PASS;
	flow_key(&packet, LBX_FLOW_REQUEST, key);
	starts = (packet.tcp_flags & (LBX_TCP_SYN | LBX_TCP_ACK)) == LBX_TCP_SYN;

	flow = flow_find_or_fetch(key);
	if (flow) {
		_Bool is_over;
		int verdict = request_known(ctx, &packet, key, flow, starts, &is_over);

		if (!is_over)
			return verdict;
		request_remember_over(verdict);
	} else {
		request_remember_over(0);
	}
	return request_new(ctx, &packet, key, starts, flow != NULL);
}

/* All of LBX_CALL_BIND: the flow of scratch memory's key gets the target there. */
static __always_inline int request_bind(ctx_t *ctx)
{
	struct lbx_scratch *scratch = scratch_get();
	struct lbx_packet packet;

	if (!scratch || parse_deep(ctx, &packet, &scratch->piece) != LBX_PACKET_FLOW)
		return verdict_of(ctx, LBX_DROP_FLOW_TABLE);
	if (scratch->target.flags & LBX_FLOW_LOCAL)
		return request_bind_local(ctx, &packet, scratch);
	if (scratch->target.flags & LBX_FLOW_DSR)
		return dsr_bind(ctx, &packet, scratch);
	return request_bind_remote(ctx, &packet, scratch);
}

#endif
