// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * request_bind.h - a flow gets its backend: both halves are made and the packet sent.
 *
 * request_bind_remote() and request_bind_local() write the flow of `key` to
 * `target` and return the packet's verdict; request_route() says which of the two
 * it is. Ports and addresses are in network order.
 */
#ifndef LBX_REQUEST_BIND_H
#define LBX_REQUEST_BIND_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/backend_meta.h>
#include <lbx/clock.h>
#include <lbx/flow.h>
#include <lbx/icmp_error.h>
#include <lbx/mem.h>
#include <lbx/parse.h>
#include <lbx/peer.h>
#include <lbx/reasons.h>
#include <lbx/reverse.h>
#include <lbx/rewrite.h>
#include <lbx/routes.h>
#include <lbx/scratch.h>
#include <lbx/select.h>
#include <lbx/snat.h>
#include <lbx/target.h>
#include <lbx/traffic.h>
#include <lbx/verdict.h>

/* The checksum of SCTP covers the ports: flows of it must keep both. */
static __always_inline _Bool request_may_bind(const struct lbx_flow_key *key,
					      const struct lbx_target *target, _Bool keeps_source)
{
	return key->proto != IPPROTO_SCTP || (keeps_source && target->port == key->dport);
}

/* Rewrite and send by `hop`. */
static __always_inline int request_send(ctx_t *ctx, struct lbx_packet *packet,
					const struct lbx_target *target,
					const struct lbx_rewrite *to, const struct lbx_hop *hop)
{
	struct lbx_route *route;

	if (CTX_RESOLVES && !hop->stamp) {
		if (!rewrite_headers(ctx, packet, to, 1))
			return verdict_about(ctx, LBX_DROP_REWRITE, target_about(target));
		reasons_count(LBX_SENT_REQUEST, ctx_length(ctx));
		traffic_count(traffic_of(target), LBX_FLOW_REQUEST, ctx_length(ctx));
		return ctx_send_unresolved(ctx, hop->ifindex);
	}
	route = routes_lookup(hop->route);
	if (route && !rewrite_fits(ctx, packet, route) && packet_is_whole(packet))
		return icmp_refuse(ctx, LBX_DROP_TOO_BIG, LBX_ICMP_TOO_BIG, route->mtu, NULL,
				   target_about(target));
	if (!route || !rewrite_send(ctx, packet, to, route, hop->stamp))
		return verdict_about(ctx, LBX_DROP_CONTENDED, target_about(target));
	reasons_count(LBX_SENT_REQUEST, ctx_length(ctx));
	traffic_count(traffic_of(target), LBX_FLOW_REQUEST, ctx_length(ctx));
	return ctx_send(ctx, route->ifindex);
}

/* Rewrite the destination and hand up; with LBX_FLOW_PEER straight to the pod, by `hop`. */
static __always_inline int request_deliver(ctx_t *ctx, struct lbx_packet *packet,
					   const struct lbx_target *target,
					   const struct lbx_rewrite *to, const struct lbx_hop *hop)
{
	if (!rewrite_headers(ctx, packet, to, 0))
		return verdict_about(ctx, LBX_DROP_REWRITE, target_about(target));
	reasons_count(LBX_SENT_LOCAL_REQUEST, ctx_length(ctx));
	traffic_count(traffic_of(target), LBX_FLOW_REQUEST, ctx_length(ctx));
	if (target->flags & LBX_FLOW_PEER)
		return peer_deliver(ctx, packet, hop->route, hop->stamp);
	return CTX_PASS;
}

/* The entry of a flow whose rewrite is `to`. */
static __always_inline void request_value(const struct lbx_flow_key *key,
					  const struct lbx_target *target,
					  const struct lbx_rewrite *to, __u32 now,
					  struct lbx_flow *flow)
{
	mem_zero(flow);
	rewrite_copy(flow_rewrite(flow), to);
	flow->flags = target->flags;
	flow->rev_nat_index = target->rev_nat_index;
	flow->backend_id = target->backend_id;
	flow->generation = target->generation;
	flow->last_seen = now;
	flow->checked = now;
	mem_copy(&flow->key, key);
}

/* The reply half: (backend, our port) becomes (service, client). Complete but for our port. */
static __always_inline void request_want(const struct lbx_packet *packet,
					 const struct lbx_flow_key *key,
					 const struct lbx_target *target, const addr_t *snat,
					 __u32 now, struct lbx_rev *want)
{
	mem_zero(want);
	want->vip_addr = key->daddr;
	want->client_addr = key->saddr;
	want->vip_port = key->dport;
	want->client_port = key->sport;
	rewrite_deltas(&target->address, snat, target->port, 0, reverse_rewrite(want), 1);
	want->proto = key->proto;
	want->flags = target->flags;
	want->backend_addr = target->address;
	want->backend_port = target->port;
	want->route = LBX_ROUTE_NONE;
	want->last_seen = now - LBX_CLOCK_DUE; /* the first reply asks for its route */
	want->checked = now - lbx_hz - 1;
	want->backend_id = target->backend_id;
	want->generation = target->generation;
	want->rev_nat_index = target->rev_nat_index;
	mem_copy2(want->client_mac, packet->eth->h_source, ETH_ALEN);
}

/* Make both halves of scratch memory's flow to a remote backend (or make them again), and send. */
static __always_inline int request_bind_remote(ctx_t *ctx, struct lbx_packet *packet,
					       struct lbx_scratch *scratch)
{
	const struct lbx_target *target = &scratch->target;
	const struct lbx_flow_key *key = &scratch->key;
	const struct lbx_hop *hop = &scratch->hop;
	_Bool replace = scratch->replace;
	struct lbx_snat_scan scan = {};
	struct lbx_rewrite to;
	struct lbx_flow *flow;
	__u32 now = clock_now();

	to.saddr = snat_addr();
	if (addr_is_zero(&to.saddr))
		return verdict_about(ctx, LBX_DROP_NO_SNAT_ADDRESS, target_about(target));
	request_want(packet, key, target, &to.saddr, now, &scratch->want);
	scratch->want.client_ifindex = packet->ifindex;
	if (!snat_allocate(&scan, &scratch->want, key))
		return verdict_about(ctx, LBX_DROP_SNAT_PORTS_USED_UP, target_about(target));

	to.daddr = target->address;
	to.sport = snat_port(scan.index);
	to.dport = target->port;
	rewrite_deltas(&key->saddr, &key->daddr, key->sport, key->dport, &to, 1);
	flow = &scratch->flow;
	request_value(key, target, &to, now, flow);
	flow->route_stamp = hop->stamp;
	flow->route = hop->route;
	flow->way = scan.way;
	if (replace ? flow_replace(key, flow) : flow_insert(key, flow)) {
		struct lbx_flow *winner = replace ? NULL : flow_find(key);

		/* Another CPU may have made this flow a moment ago: go by what it made. */
		if (!winner || winner->sport != to.sport ||
		    !addr_equal(&winner->daddr, &to.daddr) || winner->dport != to.dport)
			reverse_release(scan.index, scan.way, key);
		if (!winner || winner->flags & LBX_FLOW_LOCAL)
			return verdict_about(ctx, LBX_DROP_FLOW_TABLE, target_about(target));
		rewrite_copy(&to, flow_rewrite(winner));
		if (!flow_is(winner, key))
			return verdict_about(ctx, LBX_DROP_CONTENDED, target_about(target));
	}
	return request_send(ctx, packet, target, &to, hop);
}

/* The key of a local flow's reply half: the backend's packets as they leave. */
static __always_inline void request_reply_key(const struct lbx_flow_key *key, const addr_t *address,
					      __be16 port, struct lbx_flow_key *reply)
{
	reply->saddr = *address;
	reply->daddr = key->saddr;
	reply->sport = port;
	reply->dport = key->sport;
	reply->proto = key->proto;
	reply->direction = LBX_FLOW_REPLY;
	reply->pad[0] = 0;
	reply->pad[1] = 0;
}

static __always_inline _Bool request_answers(const struct lbx_flow *reply,
					     const struct lbx_flow_key *key)
{
	return addr_equal(&reply->saddr, &key->daddr) && reply->sport == key->dport;
}

/*
 * May another flow take the place of this reply half: is it over, or of UDP and silent?
 * (Of UDP nothing tells the end; behind a NAT gateway a port is soon used again.)
 */
static __always_inline _Bool request_gives_way(const struct lbx_flow *reply, __u32 now)
{
	return flow_is_expired(reply, now) || flow_is_closing(reply->flags) ||
	       (reply->key.proto == IPPROTO_UDP && now - reply->last_seen > 2 * lbx_hz);
}

/*
 * Make the reply half of a flow to a backend on this node. LBX_SELECT_OK, or the reason
 * not to: without a port of our own, one client port can reach a backend through one
 * service address at a time; a second one must wait.
 */
static __always_inline int request_bind_reply(const struct lbx_flow_key *key,
					      const struct lbx_target *target,
					      struct lbx_scratch *scratch)
{
	struct lbx_flow_key *reply_key = &scratch->reply_key;
	struct lbx_flow *flow = &scratch->flow;
	struct lbx_rewrite to;
	struct lbx_flow *reply;
	__u32 now = clock_now();

	request_reply_key(key, &target->address, target->port, reply_key);
	reply = flow_find(reply_key);
	if (reply && !request_answers(reply, key) && !request_gives_way(reply, now))
		return LBX_DROP_REPLY_COLLISION;

	to.saddr = key->daddr;
	to.daddr = key->saddr;
	to.sport = key->dport;
	to.dport = key->sport;
	rewrite_deltas(&reply_key->saddr, &reply_key->daddr, reply_key->sport, reply_key->dport,
		       &to, 0);
	request_value(reply_key, target, &to, now, flow);
	return flow_replace(reply_key, flow) ? LBX_DROP_FLOW_TABLE : LBX_SELECT_OK;
}

/*
 * Make both halves of scratch memory's flow to a backend on this node (or make them
 * again), and pass up.
 */
static __always_inline int request_bind_local(ctx_t *ctx, struct lbx_packet *packet,
					      struct lbx_scratch *scratch)
{
	const struct lbx_target *target = &scratch->target;
	const struct lbx_flow_key *key = &scratch->key;
	struct lbx_rewrite to;
	__u32 now = clock_now();
	int reason;

	reason = request_bind_reply(key, target, scratch);
	if (reason != LBX_SELECT_OK)
		return verdict_about(ctx, reason, target_about(target));

	to.saddr = key->saddr;
	to.daddr = target->address;
	to.sport = key->sport;
	to.dport = target->port;
	rewrite_deltas(&key->saddr, &key->daddr, key->sport, key->dport, &to, 0);
	request_value(key, target, &to, now, &scratch->flow);
	if (target->flags & LBX_FLOW_PEER) {
		scratch->flow.route_stamp = scratch->hop.stamp;
		scratch->flow.route = scratch->hop.route;
	}
	if (scratch->replace)
		flow_replace(key, &scratch->flow);
	else
		flow_insert(key, &scratch->flow); /* exists: another CPU made the same choice */
	return request_deliver(ctx, packet, target, &to, &scratch->hop);
}

/*
 * Where packets of a flow to `target` go: LBX_SELECT_OK; or a reason to drop them, or to
 * leave them to tc (LBX_NOTE_OTHER_DEVICE). Without metadata of backends, what is not
 * reached by the device that the packet came by counts as local.
 */
static __always_inline int request_route(ctx_t *ctx, const struct lbx_packet *packet,
					 const struct lbx_target *target, struct lbx_hop *hop,
					 _Bool *local)
{
	addr_t saddr = snat_addr();

	switch (routes_backend(ctx, packet, target->backend_id, &saddr, &target->address, hop)) {
	case LBX_ROUTE_OK:
		*local = !lbx_derived_on && hop->ifindex != packet->ifindex;
		return LBX_SELECT_OK;
	case LBX_ROUTE_LOCAL:
		if (lbx_derived_on)
			return LBX_DROP_NO_ROUTE;
		*local = 1;
		return LBX_SELECT_OK;
	case LBX_ROUTE_OTHER_DEVICE:
		if (lbx_derived_on)
			return behind_or(LBX_DROP_OTHER_DEVICE);
		*local = 1;
		return LBX_SELECT_OK;
	case LBX_ROUTE_NO_NEIGHBOUR:
		return behind_or(LBX_DROP_NO_NEIGHBOUR);
	case LBX_ROUTE_FORWARDING_DISABLED:
		return LBX_DROP_FORWARDING_DISABLED;
	default:
		return LBX_DROP_NO_ROUTE;
	}
}

#endif
