// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * reply_xdp.h - packets from remote backends to our SNAT ports.
 *
 * reply_fast() finds the flow without a helper call (reverse.h), makes source the
 * service and destination the client and sends the packet back out of the device.
 * LBX_VERDICT_NOT_OURS: nobody's flow, the packet may be the node's own.
 * LBX_VERDICT_SLOW: reply_slow() must see it.
 *
 * The client's link address comes from the kernel's routes; where they have no
 * answer, it is the one that the client's request came from.
 *
 * Replies of a backend that was removed are still translated: they end or reset
 * what the client has open with it.
 */
#ifndef LBX_REPLY_XDP_H
#define LBX_REPLY_XDP_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/clock.h>
#include <lbx/flow.h>
#include <lbx/mem.h>
#include <lbx/parse.h>
#include <lbx/parse_deep.h>
#include <lbx/reasons.h>
#include <lbx/refuse.h>
#include <lbx/reverse.h>
#include <lbx/rewrite.h>
#include <lbx/routes.h>
#include <lbx/scratch.h>
#include <lbx/traffic.h>
#include <lbx/verdict.h>

/* The packet's entry, with the bucket's version before anything of it was read. */
static __always_inline struct lbx_rev *reply_find(const struct lbx_packet *packet,
						  struct lbx_rev_bucket **bucket, __u32 *version)
{
	struct lbx_rev *entry;
	__u32 index;
	int way;

	if (!reverse_index(packet->dport, &index))
		return NULL;
	*bucket = reverse_bucket(index);
	if (!*bucket)
		return NULL;
	*version = *(volatile __u32 *)&(*bucket)->version;
	barrier();
	way = reverse_way(*bucket, reverse_tag(packet_saddr(packet), packet->sport, packet->proto));
	if (way < 0)
		return NULL;
	entry = &(*bucket)->entry[way];
	if (!reverse_from_backend(entry, packet_saddr(packet), packet->sport, packet->proto))
		return NULL;
	return entry;
}

/*
 * The same entry, but to the verifier it may be any of its bucket's: else it would look
 * at all that follows once for each way.
 */
static __always_inline struct lbx_rev *reply_any_way(struct lbx_rev_bucket *bucket,
						     const struct lbx_rev *entry)
{
	__u64 at = (const void *)entry - (const void *)bucket;

	barrier_var(at);
	if (at > sizeof(*bucket) - sizeof(*entry))
		return NULL;
	return (void *)bucket + at;
}

/* Was what was copied written completely, and before we began to copy? */
static __always_inline _Bool reply_unchanged(const struct lbx_rev_bucket *bucket, __u32 version)
{
	barrier();
	return !(version & 1) && *(volatile __u32 *)&bucket->version == version;
}

/* What is due four times a second: is the flow alive and answered, its route fresh? */
static __always_inline _Bool reply_keep(struct lbx_rev *entry, __u32 now)
{
	if (reverse_expired(entry, now) || !(entry->flags & LBX_FLOW_REPLIED) ||
	    now - entry->checked > lbx_hz)
		return 0;
	entry->last_seen = now;
	return 1;
}

/* The entry is read while it is used, as in request_fast(); reply_unchanged() tells at the end.
 */
static __always_inline int reply_fast(ctx_t *ctx, struct lbx_packet *packet)
{
	struct lbx_rev_bucket *bucket;
	struct lbx_route *route;
	struct lbx_rev *entry;
	__u32 version, now, stamp;

	entry = reply_find(packet, &bucket, &version);
	if (!entry)
		return LBX_VERDICT_NOT_OURS;
	if (flow_is_event(packet->tcp_flags) || *packet_ttl(packet) <= 1)
		return LBX_VERDICT_SLOW;
	now = clock_now();
	if (now - entry->last_seen > LBX_CLOCK_PERIOD && !reply_keep(entry, now))
		return LBX_VERDICT_SLOW;

	stamp = entry->route_stamp;
	route = routes_lookup(entry->route);
	if (!route || !stamp || route->stamp != stamp)
		return LBX_VERDICT_SLOW;
	if (!ctx_reaches(packet->ifindex, route->ifindex))
		return behind_is_tc() ? verdict_of(ctx, LBX_NOTE_OTHER_DEVICE) : LBX_VERDICT_SLOW;
	if (!rewrite_fits(ctx, packet, route))
		return LBX_VERDICT_SLOW;
	if (!rewrite_send(ctx, packet, reverse_rewrite(entry), route, stamp) ||
	    !reply_unchanged(bucket, version))
		return verdict_of(ctx, LBX_DROP_CONTENDED);
	reasons_count(LBX_SENT_REPLY, ctx_length(ctx));
	traffic_count(traffic_of(entry), LBX_FLOW_REPLY, ctx_length(ctx));
	return ctx_send(ctx, route->ifindex);
}

/* Tell the request half what the reply half has learnt. */
static __always_inline void reply_tell_request(const struct lbx_rewrite *to, __u8 proto,
					       __be16 snat_port, __u8 flags, __u32 now)
{
	struct lbx_flow_key key = {
		.saddr = to->daddr,
		.daddr = to->saddr,
		.sport = to->dport,
		.dport = to->sport,
		.proto = proto,
		.direction = LBX_FLOW_REQUEST,
	};
	struct lbx_flow *flow = flow_find(&key);

	if (!flow || flow->sport != snat_port)
		return;
	/* The next request may confirm it. */
	flow_tell(flow, &key, flags, now - LBX_CLOCK_DUE);
}

/*
 * Ask for the way to the client: -1 and `hop`; or a reason to drop the reply, or to leave
 * it to tc. `client_ifindex`, `client_mac`: where the request came from on the link.
 */
static __always_inline int reply_route(ctx_t *ctx, struct lbx_packet *packet,
				       const struct lbx_rewrite *to, __u32 client_ifindex,
				       const __u8 *client_mac, struct lbx_hop *hop)
{
	__u32 ifindex = packet->ifindex;
	struct lbx_way way;

	switch (routes_resolve(ctx, ifindex, &to->saddr, &to->daddr, hop)) {
	case LBX_ROUTE_OK:
		if (hop->stamp || client_ifindex != ifindex || hop->ifindex != ifindex)
			return -1;
		break;
	case LBX_ROUTE_NO_NEIGHBOUR:
		if (client_ifindex != ifindex)
			return behind_or(LBX_DROP_NO_NEIGHBOUR);
		break;
	case LBX_ROUTE_LOCAL:
		if (client_ifindex != ifindex)
			return LBX_DROP_NO_ROUTE;
		break;
	case LBX_ROUTE_OTHER_DEVICE:
		return behind_or(LBX_DROP_OTHER_DEVICE);
	case LBX_ROUTE_FORWARDING_DISABLED:
		return LBX_DROP_FORWARDING_DISABLED;
	default:
		return LBX_DROP_NO_ROUTE;
	}
	/* As the request came, so the reply goes; our own address is in the frame. */
	verdict_note(ctx, LBX_NOTE_NEIGHBOUR_LEARNED, event_about(0, 0, LBX_EVENT_REPLY));
	addr_map(&to->daddr, &way.next_hop);
	way.ifindex = ifindex;
	way.mtu = LBX_ROUTE_MTU_UNKNOWN;
	routes_put(&way, client_mac, packet->eth->h_dest, hop);
	return -1;
}

static __always_inline int reply_slow(ctx_t *ctx)
{
	struct lbx_scratch *scratch = scratch_get();
	struct lbx_rev_bucket *bucket;
	struct lbx_packet packet;
	struct lbx_rewrite to;
	struct lbx_hop hop;
	struct lbx_route *route;
	struct lbx_rev *entry;
	__u8 flags, client_mac[ETH_ALEN];
	__u32 version, now, client_ifindex;
	__u64 about = event_about(0, 0, LBX_EVENT_REPLY);
	_Bool stale, expired;

	if (!scratch || parse_deep(ctx, &packet, &scratch->piece) != LBX_PACKET_FLOW)
		return CTX_PASS;
	entry = reply_find(&packet, &bucket, &version);
	if (entry)
		entry = reply_any_way(bucket, entry);
	if (!entry)
		return verdict_about(ctx, LBX_PASS_REPLY_EXPIRED, about);

	now = clock_now();
	about = event_about(entry->backend_id, entry->rev_nat_index, LBX_EVENT_REPLY);
	rewrite_copy(&to, reverse_rewrite(entry));
	mem_copy_by(client_mac, entry->client_mac, ETH_ALEN, 1);
	hop.stamp = entry->route_stamp;
	hop.ifindex = 0;
	hop.route = entry->route;
	flags = flow_flags_after(entry->flags, LBX_FLOW_REPLY, packet.tcp_flags);
	client_ifindex = entry->client_ifindex;
	stale = now - entry->checked > lbx_hz;
	expired = reverse_expired(entry, now);
	if (!reply_unchanged(bucket, version))
		return verdict_about(ctx, LBX_DROP_CONTENDED, about);
	if (expired)
		return verdict_about(ctx, LBX_PASS_REPLY_EXPIRED, about);
	if (*packet_ttl(&packet) <= 1)
		return refuse_ttl(ctx, about);

	if (stale || !routes_has(&packet, &hop)) {
		int reason;

		if (behind_is_tc() && !stale && routes_elsewhere(&packet, &hop))
			return verdict_about(ctx, LBX_NOTE_OTHER_DEVICE, about);
		reason = reply_route(ctx, &packet, &to, client_ifindex, client_mac, &hop);

		if (reason >= 0)
			return verdict_about(ctx, reason, about);
		entry->route_stamp = hop.stamp;
		entry->route = hop.route;
		entry->checked = now;
	}
	entry->last_seen = now;
	if (entry->flags != flags) {
		entry->flags = flags;
		reply_tell_request(&to, packet.proto, packet.dport, flags, now);
	}

	if (CTX_RESOLVES && !hop.stamp) {
		if (!rewrite_headers(ctx, &packet, &to, 1))
			return verdict_about(ctx, LBX_DROP_REWRITE, about);
		reasons_count(LBX_SENT_REPLY, ctx_length(ctx));
		traffic_count(traffic_of(entry), LBX_FLOW_REPLY, ctx_length(ctx));
		return ctx_send_unresolved(ctx, hop.ifindex);
	}
	route = routes_lookup(hop.route);
	if (route && !rewrite_fits(ctx, &packet, route) && packet_is_whole(&packet))
		return icmp_refuse(ctx, LBX_DROP_TOO_BIG, LBX_ICMP_TOO_BIG, route->mtu, NULL,
				   about);
	if (!route || !rewrite_send(ctx, &packet, &to, route, hop.stamp))
		return verdict_about(ctx, LBX_DROP_CONTENDED, about);
	reasons_count(LBX_SENT_REPLY, ctx_length(ctx));
	traffic_count(traffic_of(entry), LBX_FLOW_REPLY, ctx_length(ctx));
	return ctx_send(ctx, route->ifindex);
}

#endif
