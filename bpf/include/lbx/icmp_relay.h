// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * icmp_relay.h - ICMP errors about translated packets reach who sent those packets.
 *
 * What a router or the other end says about a packet (too big, unreachable, time
 * exceeded) comes back to the addresses that we wrote into it:
 *
 *   about a request that we sent to a remote backend   to the SNAT address   → client
 *   about a reply that we sent to the client           to the service        → backend
 *   about a request given to a backend on this node,   from the backend      → client
 *   by that backend (tc egress)
 *   about a request that was translated as it left a    to that pod           → the same pod
 *   pod of this node (as it enters the pod)
 *   by that pod, about the answer that it got           to the service        → backend
 *
 * The quote is translated back, the message goes to the true sender. Its source becomes
 * the service towards clients and the SNAT address towards remote backends, as with the
 * kernel's own NAT: the address of a router in between means nothing there, and would
 * be dropped as spoofed on many a network.
 *
 * ICMP that belongs to no flow of ours is passed untouched.
 */
#ifndef LBX_ICMP_RELAY_H
#define LBX_ICMP_RELAY_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/backend_meta.h>
#include <lbx/flow.h>
#include <lbx/gate.h>
#include <lbx/icmp_quote.h>
#include <lbx/parse.h>
#include <lbx/reasons.h>
#include <lbx/reply_xdp.h>
#include <lbx/request_bind.h>
#include <lbx/reverse.h>
#include <lbx/rewrite.h>
#include <lbx/rewrite_ip.h>
#include <lbx/routes.h>
#include <lbx/scratch.h>
#include <lbx/verdict.h>

/* Rewrite message and quote; send by `hop`, or (not `sends`) hand on to where the kernel takes it.
 */
static __always_inline int relay_finish(ctx_t *ctx, const struct lbx_quote *quote,
					const struct lbx_relay *relay, _Bool sends,
					const struct lbx_hop *hop)
{
	struct lbx_route *route = NULL;
	struct lbx_packet packet;
	__u64 outer;

	if (parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet) != LBX_PACKET_ICMP)
		return verdict_of(ctx, LBX_DROP_REWRITE);
	if (sends && *packet_ttl(&packet) <= 1)
		return verdict_of(ctx, LBX_DROP_TTL); /* no errors about errors */
	outer = checksum_replace_addr(packet_saddr(&packet), &relay->from) +
		checksum_replace_addr(packet_daddr(&packet), &relay->to);
	if (!quote_rewrite(ctx, quote, &relay->quote, LBX_FAMILY == 6 ? outer : 0) ||
	    parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet) != LBX_PACKET_ICMP)
		return verdict_of(ctx, LBX_DROP_REWRITE);

	if (!rewrite_ip(ctx, packet.ip, packet.l3_at, &relay->from, &relay->to, sends))
		return verdict_of(ctx, LBX_DROP_REWRITE);
	if (CTX_RESOLVES && sends && !hop->stamp) {
		reasons_count(LBX_SENT_ICMP_RELAYED, ctx_length(ctx));
		return ctx_send_unresolved(ctx, hop->ifindex);
	}
	if (sends) {
		route = routes_lookup(hop->route);
		if (!route ||
		    parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet) != LBX_PACKET_ICMP)
			return verdict_of(ctx, LBX_DROP_CONTENDED);
		rewrite_link(packet.eth, route);
		if (!routes_is(route, hop->stamp))
			return verdict_of(ctx, LBX_DROP_CONTENDED);
	}
	reasons_count(LBX_SENT_ICMP_RELAYED, ctx_length(ctx));
	return sends ? ctx_send(ctx, route->ifindex) : CTX_PASS;
}

/* About a request to a remote backend: to its client. False: nobody's. */
static __always_inline _Bool relay_to_client(ctx_t *ctx, struct lbx_packet *packet,
					     struct lbx_scratch *scratch, int *verdict)
{
	const struct lbx_quote *quote = &scratch->quote;
	struct lbx_relay *relay = &scratch->relay;
	struct lbx_rev_bucket *bucket;
	__u8 client_mac[ETH_ALEN];
	struct lbx_rewrite to = {};
	struct lbx_rev *entry;
	__u32 index, client_ifindex;
	int way, reason;

	if (!reverse_index(quote->ends.sport, &index))
		return 0;
	bucket = reverse_bucket(index);
	if (!bucket)
		return 0;
	way = reverse_way(bucket, reverse_tag(&quote->ends.daddr, quote->ends.dport, quote->proto));
	if (way < 0)
		return 0;
	entry = &bucket->entry[way & (LBX_REV_WAYS - 1)];
	relay->quote.saddr = entry->client_addr;
	relay->quote.daddr = entry->vip_addr;
	relay->quote.sport = entry->client_port;
	relay->quote.dport = entry->vip_port;
	mem_copy_by(client_mac, entry->client_mac, ETH_ALEN, 1);
	client_ifindex = entry->client_ifindex;
	barrier();
	if (!reverse_from_backend(entry, &quote->ends.daddr, quote->ends.dport, quote->proto))
		return 0;

	relay->from = relay->quote.daddr;
	relay->to = relay->quote.saddr;
	to.saddr = relay->from;
	to.daddr = relay->to;
	reason = reply_route(ctx, packet, &to, client_ifindex, client_mac, &scratch->hop);
	*verdict = reason >= 0 ? verdict_of(ctx, reason)
			       : relay_finish(ctx, quote, relay, 1, &scratch->hop);
	return 1;
}

/* About a reply that went to a client: to the backend that had sent it. False: nobody's. */
static __always_inline _Bool relay_to_backend(ctx_t *ctx, struct lbx_packet *packet,
					      struct lbx_scratch *scratch, int *verdict)
{
	const struct lbx_quote *quote = &scratch->quote;
	struct lbx_relay *relay = &scratch->relay;
	struct lbx_target target = {};
	struct lbx_flow_key key;
	struct lbx_flow *flow;
	_Bool local;
	int reason;

	if (lbx_gate_on && !gate_has(&quote->ends.saddr, quote->ends.sport, quote->proto))
		return 0;
	quote_opposite_key(quote, LBX_FLOW_REQUEST, &key);
	flow = flow_find(&key);
	if (!flow)
		return 0;
	relay->quote.saddr = flow->daddr;
	relay->quote.daddr = flow->saddr;
	relay->quote.sport = flow->dport;
	relay->quote.dport = flow->sport;
	target.backend_id = flow->backend_id;
	local = flow->flags & LBX_FLOW_LOCAL;
	if (!flow_is(flow, &key))
		return 0;

	relay->from = local ? *packet_saddr(packet) : relay->quote.daddr;
	relay->to = relay->quote.saddr;
	target.address = relay->to;
	reason = local ? LBX_SELECT_OK : request_route(ctx, packet, &target, &scratch->hop, &local);
	if (reason != LBX_SELECT_OK)
		*verdict = verdict_of(ctx, reason);
	else
		*verdict = relay_finish(ctx, quote, relay, !local, &scratch->hop);
	return 1;
}

/* An error that is for whom it quotes as the sender; anything else is no NAT's business. */
static __always_inline _Bool relay_read(ctx_t *ctx, const struct lbx_packet *packet,
					struct lbx_quote *quote)
{
	return quote_read(ctx, packet, quote) &&
	       addr_equal(packet_daddr(packet), &quote->ends.saddr);
}

/*
 * ICMP that came in. False: nobody's, and the packet is as it was. (A verdict of its
 * own would not do: to the verifier that of a redirect may be any number.)
 */
static __always_inline _Bool relay_in(ctx_t *ctx, struct lbx_packet *packet, int *verdict)
{
	addr_t snat = snat_addr();
	struct lbx_scratch *scratch = scratch_get();

	if (!scratch || !relay_read(ctx, packet, &scratch->quote))
		return 0;
	if (addr_equal(packet_daddr(packet), &snat) &&
	    relay_to_client(ctx, packet, scratch, verdict))
		return 1;
	return relay_to_backend(ctx, packet, scratch, verdict);
}

/*
 * About a packet whose opposite is of a flow of this node, in that `direction`: to the
 * packet's true sender, by the kernel. The quote was read (relay_read()). False: nobody's,
 * and the packet is as it was.
 */
static __always_inline _Bool relay_locally(ctx_t *ctx, struct lbx_packet *packet,
					   struct lbx_scratch *scratch, __u8 direction,
					   int *verdict)
{
	const struct lbx_quote *quote = &scratch->quote;
	struct lbx_relay *relay = &scratch->relay;
	struct lbx_flow *flow;

	quote_opposite_key(quote, direction, &scratch->key);
	flow = flow_find(&scratch->key);
	if (!flow)
		return 0;
	relay->quote.saddr = flow->daddr;
	relay->quote.daddr = flow->saddr;
	relay->quote.sport = flow->dport;
	relay->quote.dport = flow->sport;
	if (!flow_is(flow, &scratch->key))
		return 0;
	/* What others say about the way to the receiver, they say as themselves. */
	relay->from = addr_equal(packet_saddr(packet), &quote->ends.daddr) ? relay->quote.daddr
									   : *packet_saddr(packet);
	relay->to = relay->quote.saddr;
	*verdict = relay_finish(ctx, quote, relay, 0, &scratch->hop);
	return 1;
}

/*
 * ICMP that leaves: about a request that a backend got. To its client, who asked the
 * service. `gated`: only of backends that the gate knows, which are those on this node.
 * False: nobody's, and the packet is as it was.
 */
static __always_inline _Bool relay_out(ctx_t *ctx, struct lbx_packet *packet, const _Bool gated,
				       int *verdict)
{
	struct lbx_scratch *scratch = scratch_get();
	const struct lbx_quote *quote;

	if (!scratch || !relay_read(ctx, packet, &scratch->quote))
		return 0;
	quote = &scratch->quote;
	if (gated && lbx_gate_on &&
	    !gate_has(&quote->ends.daddr, quote->ends.dport, quote->proto | LBX_GATE_BACKEND))
		return 0;
	return relay_locally(ctx, packet, scratch, LBX_FLOW_REPLY, verdict);
}

#endif
