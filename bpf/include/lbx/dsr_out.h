// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * dsr_out.h - DSR (direct server return), on the node that a request comes in by.
 *
 * The request goes to the backend with the client as its source, so the backend's node
 * can answer the client itself; which service address it has to answer from, it is told
 * by an option or by a tunnel (dsr_wire.h), and dsr_in.h there learns it. No SNAT port,
 * no reply half, and only requests pass through here.
 *
 * By option, TCP tells it once, in the SYN; of UDP every packet has to. By tunnel, every
 * packet goes inside another one and arrives as it was sent, service address and all.
 * What thereby gets longer than lbx_mtu is refused, and its sender told the MTU.
 */
#ifndef LBX_DSR_OUT_H
#define LBX_DSR_OUT_H

#include <linux/in.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/dsr_wire.h>
#include <lbx/family.h>
#include <lbx/flow.h>
#include <lbx/icmp_error.h>
#include <lbx/parse.h>
#include <lbx/reasons.h>
#include <lbx/request_bind.h>
#include <lbx/reverse.h>
#include <lbx/rewrite.h>
#include <lbx/room.h>
#include <lbx/routes.h>
#include <lbx/scratch.h>
#include <lbx/traffic.h>
#include <lbx/verdict.h>

#define LBX_FORWARD_SNAT   0
#define LBX_FORWARD_DSR    1
#define LBX_FORWARD_HYBRID 2 /* TCP by DSR, all else by SNAT */

#define LBX_DSR_BY_OPTION 0
#define LBX_DSR_BY_TUNNEL 1

/* How requests get to backends on other nodes; a service with LBX_SVC2_DSR: by DSR. */
const volatile __u8 lbx_forwarding = LBX_FORWARD_SNAT;
const volatile __u8 lbx_dsr_by = LBX_DSR_BY_OPTION;
/* The longest packet for the way to the backends, IP header included, if routes allow longer ones;
 * 0: as routes say. */
const volatile __u32 lbx_mtu = 1500;

static __always_inline _Bool dsr_wanted(const struct lb_service *service, __u8 proto)
{
	if (service->flags2 & LBX_SVC2_DSR || lbx_forwarding == LBX_FORWARD_DSR)
		return 1;
	return lbx_forwarding == LBX_FORWARD_HYBRID && proto == IPPROTO_TCP;
}

/* By how much the packet will grow. */
static __always_inline __u32 dsr_growth(const struct lbx_packet *packet)
{
	if (lbx_dsr_by == LBX_DSR_BY_TUNNEL)
		return sizeof(ip_t);
	if (packet->proto == IPPROTO_TCP && !(packet->tcp_flags & LBX_TCP_SYN))
		return 0;
	return LBX_DSR_OPTION_BYTES;
}

/* The packet's headers after room_insert(), which moved them. */
static __always_inline ip_t *dsr_grown(ctx_t *ctx, __u32 l3_at, __u32 bytes)
{
	void *data = ctx_data(ctx);

	if (data + l3_at + sizeof(ip_t) + bytes > ctx_data_end(ctx))
		return NULL;
	return data + l3_at;
}

static __always_inline _Bool dsr_add_option(ctx_t *ctx, const struct lbx_packet *packet,
					    const struct lbx_flow_key *key)
{
	__u32 l3_at = packet->l3_at;
	__u64 changed = 0;
	ip_t *ip;

	if (!room_insert(ctx, l3_at, sizeof(ip_t), LBX_DSR_OPTION_BYTES, 1))
		return 0;
	ip = dsr_grown(ctx, l3_at, LBX_DSR_OPTION_BYTES);
	if (!ip || !dsr_write_option(ip, &key->daddr, key->dport, &changed))
		return 0;
	if (LBX_FAMILY == 6)
		ctx_sum_changed(ctx, checksum_fold(changed));
	return 1;
}

static __always_inline _Bool dsr_add_tunnel(ctx_t *ctx, const struct lbx_packet *packet,
					    const addr_t *backend)
{
	__u32 l3_at = packet->l3_at;
	addr_t from = snat_addr();
	__u64 changed = 0;
	ip_t *ip;

	if (!room_insert(ctx, l3_at, sizeof(ip_t), sizeof(ip_t), 0))
		return 0;
	ip = dsr_grown(ctx, l3_at, sizeof(ip_t));
	if (!ip)
		return 0;
	dsr_write_tunnel(ip, ip + 1, &from, backend, &changed);
	if (LBX_FAMILY == 6)
		ctx_sum_changed(ctx, checksum_fold(changed));
	return 1;
}

/* One hop less to go. */
static __always_inline void dsr_age(ctx_t *ctx, struct lbx_packet *packet)
{
	--*packet_ttl(packet);
#if LBX_FAMILY == 4
	(void)ctx;
	packet->ip->check = checksum_apply(packet->ip->check, LBX_CHECKSUM_TTL_MINUS_1);
#else
	ctx_sum_changed(ctx, LBX_CHECKSUM_HOPS_MINUS_1);
#endif
}

/* The longest packet that may go by `route` (NULL: not known yet). */
static __always_inline __u32 dsr_limit(const struct lbx_route *route)
{
	__u32 mtu = lbx_mtu ? lbx_mtu : LBX_ROUTE_MTU_UNKNOWN;

	return route && route->mtu < mtu ? route->mtu : mtu;
}

static __always_inline _Bool dsr_fits(const ctx_t *ctx, const struct lbx_packet *packet,
				      const struct lbx_route *route)
{
	__u32 longest = ctx_longest(ctx, packet_ip_length(packet), packet_headers(packet));

	return longest + dsr_growth(packet) <= dsr_limit(route);
}

/*
 * Send a request of the flow of `key` to its backend (`to`) by a route whose stamp was
 * `stamp`, or (NULL) by the device, to where the kernel knows. The caller has seen that it
 * fits and that the TTL is above 1. Whose traffic it is: traffic_count().
 */
static __always_inline int dsr_send(ctx_t *ctx, struct lbx_packet *packet,
				    const struct lbx_flow_key *key, const struct lbx_rewrite *to,
				    const struct lbx_route *route, __u32 stamp, __u32 ifindex,
				    const __u16 *rev_nat_index, const __u32 *backend_id)
{
	_Bool grows = dsr_growth(packet);

	if (lbx_dsr_by == LBX_DSR_BY_TUNNEL)
		dsr_age(ctx, packet);
	else if (!rewrite_headers(ctx, packet, to, 1))
		return verdict_about(ctx, LBX_DROP_REWRITE,
				     event_about(*backend_id, *rev_nat_index, LBX_EVENT_REQUEST));
	if (route) {
		rewrite_link(packet->eth, route);
		if (!routes_is(route, stamp))
			return verdict_about(
				ctx, LBX_DROP_CONTENDED,
				event_about(*backend_id, *rev_nat_index, LBX_EVENT_REQUEST));
	}
	if (lbx_dsr_by == LBX_DSR_BY_TUNNEL ? !dsr_add_tunnel(ctx, packet, &to->daddr)
					    : grows && !dsr_add_option(ctx, packet, key))
		return verdict_about(ctx, LBX_DROP_REWRITE,
				     event_about(*backend_id, *rev_nat_index, LBX_EVENT_REQUEST));
	reasons_count(LBX_SENT_REQUEST, ctx_length(ctx));
	traffic_count(rev_nat_index, backend_id, LBX_FLOW_REQUEST, ctx_length(ctx));
	return route ? ctx_send(ctx, ifindex) : ctx_send_unresolved(ctx, ifindex);
}

/* The same, for slow paths: by `hop`, or refused if it would not fit. */
static __always_inline int dsr_send_by(ctx_t *ctx, struct lbx_packet *packet,
				       const struct lbx_flow_key *key, const struct lbx_rewrite *to,
				       const struct lbx_hop *hop, const __u16 *rev_nat_index,
				       const __u32 *backend_id)
{
	struct lbx_route *route = routes_lookup(hop->route);

	/* Our option would have to find its place among the packet's own. */
	if (lbx_dsr_by != LBX_DSR_BY_TUNNEL && dsr_growth(packet) &&
	    packet->l4_at != packet->l3_at + sizeof(ip_t))
		return verdict_of(ctx, LBX_DROP_REWRITE);
	if (!dsr_fits(ctx, packet, route))
		return icmp_refuse(ctx, LBX_DROP_TOO_BIG, LBX_ICMP_TOO_BIG,
				   dsr_limit(route) - dsr_growth(packet), NULL,
				   event_about(*backend_id, *rev_nat_index, LBX_EVENT_REQUEST));
	if (CTX_RESOLVES && !hop->stamp)
		return dsr_send(ctx, packet, key, to, NULL, 0, hop->ifindex, rev_nat_index,
				backend_id);
	if (!route)
		return verdict_about(ctx, LBX_DROP_CONTENDED,
				     event_about(*backend_id, *rev_nat_index, LBX_EVENT_REQUEST));
	return dsr_send(ctx, packet, key, to, route, hop->stamp, route->ifindex, rev_nat_index,
			backend_id);
}

/* A packet of a known flow, whose route is fresh. */
static __always_inline int dsr_fast(ctx_t *ctx, struct lbx_packet *packet, struct lbx_flow *flow,
				    const struct lbx_flow_key *key, const struct lbx_route *route,
				    __u32 stamp)
{
	struct lbx_rewrite to;

	if (!dsr_fits(ctx, packet, route))
		return LBX_VERDICT_SLOW;
	rewrite_copy(&to, flow_rewrite(flow));
	if (!flow_is(flow, key))
		return LBX_VERDICT_SLOW;
	return dsr_send(ctx, packet, key, &to, route, stamp, route->ifindex, traffic_of(flow));
}

/* Make the flow of scratch memory (or make it again), and send the packet. */
static __always_inline int dsr_bind(ctx_t *ctx, struct lbx_packet *packet,
				    struct lbx_scratch *scratch)
{
	const struct lbx_target *target = &scratch->target;
	const struct lbx_flow_key *key = &scratch->key;
	struct lbx_flow *flow = &scratch->flow;
	struct lbx_rewrite to;

	to.saddr = key->saddr;
	to.daddr = target->address;
	to.sport = key->sport;
	to.dport = target->port;
	rewrite_deltas(&key->saddr, &key->daddr, key->sport, key->dport, &to, 1);
	/* The answers are not seen here: what the client sends next confirms the flow. */
	request_value(key, target, &to, clock_now(), flow);
	flow->route_stamp = scratch->hop.stamp;
	flow->route = scratch->hop.route;
	if (scratch->replace)
		flow_replace(key, flow);
	else
		flow_insert(key, flow); /* exists: another CPU made the same choice */
	return dsr_send_by(ctx, packet, key, flow_rewrite(flow), &scratch->hop, traffic_of(flow));
}

#endif
