// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * fragment_follow.h - later fragments go where the first one of their datagram went.
 *
 * Their addresses are translated as those of the flow; they carry no ports and no
 * checksum of TCP or UDP. A later fragment that comes before its first one cannot be
 * placed: to a service address it is dropped with a reason, any other is passed.
 */
#ifndef LBX_FRAGMENT_FOLLOW_H
#define LBX_FRAGMENT_FOLLOW_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/backend_meta.h>
#include <lbx/dsr_out.h>
#include <lbx/flow.h>
#include <lbx/fragments.h>
#include <lbx/gate_frontend.h>
#include <lbx/reasons.h>
#include <lbx/reply_xdp.h>
#include <lbx/request_bind.h>
#include <lbx/rewrite_ip.h>
#include <lbx/routes.h>
#include <lbx/traffic.h>
#include <lbx/verdict.h>

/* Send it by `hop` with other addresses; whose traffic it is: traffic_count(). */
static __always_inline int follow_send(ctx_t *ctx, struct lbx_packet *packet, const addr_t *saddr,
				       const addr_t *daddr, const struct lbx_hop *hop,
				       enum lbx_reason reason, const __u16 *rev_nat_index,
				       const __u32 *backend_id)
{
	struct lbx_route *route = routes_lookup(hop->route);
	__u8 direction = reason == LBX_SENT_REPLY ? LBX_FLOW_REPLY : LBX_FLOW_REQUEST;
	__u64 about = event_about(*backend_id, *rev_nat_index,
				  reason == LBX_SENT_REPLY ? LBX_EVENT_REPLY : LBX_EVENT_REQUEST);
	__u32 l3_at = packet->l3_at;

	_Bool resolved = !CTX_RESOLVES || hop->stamp;

	if (*packet_ttl(packet) <= 1)
		return verdict_about(ctx, LBX_DROP_TTL, about); /* the first fragment has told it */
	if (resolved) {
		if (!route)
			return verdict_about(ctx, LBX_DROP_CONTENDED, about);
		rewrite_link(packet->eth, route);
		if (!routes_is(route, hop->stamp))
			return verdict_about(ctx, LBX_DROP_CONTENDED, about);
	}
	if (!rewrite_ip(ctx, packet->ip, l3_at, saddr, daddr, 1))
		return verdict_about(ctx, LBX_DROP_REWRITE, about);
	reasons_count(reason, ctx_length(ctx));
	traffic_count(rev_nat_index, backend_id, direction, ctx_length(ctx));
	if (!resolved)
		return ctx_send_unresolved(ctx, hop->ifindex);
	return route ? ctx_send(ctx, route->ifindex) : CTX_DROP;
}

/*
 * Is there a way that the first fragment went and that its flow does not keep: to a link
 * address that was not known yet? Then it is asked for again.
 */
static __always_inline _Bool follow_to_backend(ctx_t *ctx, const struct lbx_packet *packet,
					       struct lbx_target *target, struct lbx_hop *hop)
{
	_Bool local = 0;

	return CTX_RESOLVES && request_route(ctx, packet, target, hop, &local) == LBX_SELECT_OK &&
	       !local;
}

/* From a remote backend, to our SNAT port. */
static __always_inline _Bool follow_reply(ctx_t *ctx, struct lbx_packet *packet, int *verdict)
{
	struct lbx_rev_bucket *bucket;
	struct lbx_rewrite to;
	__u8 client_mac[ETH_ALEN];
	struct lbx_rev *entry;
	__u32 client_ifindex;
	struct lbx_hop hop;
	__u32 version;

	entry = reply_find(packet, &bucket, &version);
	if (!entry)
		return 0;
	rewrite_copy(&to, reverse_rewrite(entry));
	hop.stamp = entry->route_stamp;
	hop.route = entry->route;
	hop.ifindex = 0;
	mem_copy_by(client_mac, entry->client_mac, ETH_ALEN, 1);
	client_ifindex = entry->client_ifindex;
	/* The first fragment saw to the route; if XDP has lost it meanwhile, so is this one. */
	if (!reply_unchanged(bucket, version))
		*verdict = verdict_of(ctx, LBX_DROP_CONTENDED);
	else if (!routes_has(packet, &hop) &&
		 !(CTX_RESOLVES &&
		   reply_route(ctx, packet, &to, client_ifindex, client_mac, &hop) < 0))
		*verdict = verdict_of(ctx, behind_or(LBX_DROP_NO_ROUTE));
	else
		*verdict = follow_send(ctx, packet, &to.saddr, &to.daddr, &hop, LBX_SENT_REPLY,
				       traffic_of(entry));
	return 1;
}

static __always_inline int follow_tunnel(ctx_t *ctx, struct lbx_packet *packet,
					 const struct lbx_flow_key *key,
					 const struct lbx_rewrite *to, const struct lbx_hop *hop,
					 const __u16 *rev_nat_index, const __u32 *backend_id)
{
	struct lbx_route *route = routes_lookup(hop->route);

	if (*packet_ttl(packet) <= 1)
		return verdict_of(ctx, LBX_DROP_TTL);
	if (CTX_RESOLVES && !hop->stamp)
		return dsr_send(ctx, packet, key, to, NULL, 0, hop->ifindex, rev_nat_index,
				backend_id);
	if (!route)
		return verdict_of(ctx, LBX_DROP_CONTENDED);
	return dsr_send(ctx, packet, key, to, route, hop->stamp, route->ifindex, rev_nat_index,
			backend_id);
}

/* From a client to a service. */
static __always_inline _Bool follow_request(ctx_t *ctx, struct lbx_packet *packet,
					    struct lbx_flow_key *key, int *verdict)
{
	struct lbx_target target = {};
	struct lbx_rewrite to;
	struct lbx_flow *flow;
	struct lbx_hop hop;
	_Bool valid;
	__u8 flags;

	flow_key_with(packet, *(const mem_u32 *)&packet->sport, LBX_FLOW_REQUEST, key);
	flow = flow_find(key);
	if (!flow)
		return 0;
	rewrite_copy(&to, flow_rewrite(flow));
	hop.stamp = flow->route_stamp;
	hop.route = flow->route;
	hop.ifindex = 0;
	flags = flow->flags;
	target.address = to.daddr;
	target.backend_id = flow->backend_id;
	valid = backend_meta_valid(flow->backend_id, flow->generation, &to.daddr, to.dport);
	if (!valid || !flow_is(flow, key)) {
		*verdict = verdict_of(ctx, LBX_DROP_FRAGMENT_EARLY);
		return 1;
	}
	if (flags & LBX_FLOW_LOCAL) {
		if (rewrite_ip(ctx, packet->ip, packet->l3_at, &to.saddr, &to.daddr, 0)) {
			reasons_count(LBX_SENT_LOCAL_REQUEST, ctx_length(ctx));
			traffic_count(traffic_of(flow), LBX_FLOW_REQUEST, ctx_length(ctx));
			*verdict = CTX_PASS;
		} else {
			*verdict = verdict_of(ctx, LBX_DROP_REWRITE);
		}
	} else if (!routes_has(packet, &hop) && !follow_to_backend(ctx, packet, &target, &hop)) {
		*verdict = verdict_of(ctx, behind_or(LBX_DROP_NO_ROUTE));
	} else if (flags & LBX_FLOW_DSR && lbx_dsr_by == LBX_DSR_BY_TUNNEL) {
		*verdict = follow_tunnel(ctx, packet, key, &to, &hop, traffic_of(flow));
	} else {
		*verdict = follow_send(ctx, packet, &to.saddr, &to.daddr, &hop, LBX_SENT_REQUEST,
				       traffic_of(flow));
	}
	return 1;
}

/* A later fragment that came in (LBX_PACKET_FRAGMENT of parse_deep()). */
static __always_inline int follow_in(ctx_t *ctx, struct lbx_packet *packet,
				     const struct lbx_piece *piece, struct lbx_flow_key *key)
{
	addr_t snat = snat_addr();
	int verdict;

	if (!fragments_recall(packet, piece)) {
		if (gate_may_be_address(packet))
			return verdict_of(ctx, LBX_DROP_FRAGMENT_EARLY);
		return CTX_PASS;
	}
	if (addr_equal(packet_daddr(packet), &snat) && follow_reply(ctx, packet, &verdict))
		return verdict;
	if (follow_request(ctx, packet, key, &verdict))
		return verdict;
	return verdict_of(ctx, LBX_DROP_FRAGMENT_EARLY);
}

#endif
