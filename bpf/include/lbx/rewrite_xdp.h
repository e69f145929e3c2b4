// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * rewrite_xdp.h - write a translation into a packet, in place.
 *
 * XDP frames carry complete checksums, which are adjusted by the flow's
 * precomputed deltas. (A veth peer that leaves checksums to be completed by its
 * device breaks that; see bpf/README.md.)
 */
#ifndef LBX_REWRITE_XDP_H
#define LBX_REWRITE_XDP_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/checksum.h>
#include <lbx/flow.h>
#include <lbx/mem.h>
#include <lbx/parse.h>
#include <lbx/routes.h>

/* What a packet's headers become. */
struct lbx_rewrite {
	addr_t saddr;
	addr_t daddr;
	__be16 sport;
	__be16 dport;
	__u16 l3_delta; /* as in checksum.h; of packets that are sent, the TTL included */
	__u16 l4_delta;
};

/*
 * Deltas for turning the packets of `key` into those of `to`, whose addresses and
 * ports are set; with `sends`, for packets that are sent on, with one hop less to go.
 */
static __always_inline void rewrite_deltas(const struct lbx_flow_key *key, struct lbx_rewrite *to,
					   _Bool sends)
{
	__u64 l3 = checksum_replace_addr(&key->saddr, &to->saddr) +
		   checksum_replace_addr(&key->daddr, &to->daddr);
	__u64 l4 = l3 + checksum_replace16(key->sport, to->sport) +
		   checksum_replace16(key->dport, to->dport);

	to->l3_delta = checksum_fold(sends ? l3 + LBX_CHECKSUM_TTL_MINUS_1 : l3);
	to->l4_delta = checksum_fold(l4);
}

/* Write it. With `sends` the TTL goes down; the caller has seen that it is above 1. */
static __always_inline void rewrite_headers(struct lbx_packet *packet, const struct lbx_rewrite *to,
					    _Bool sends)
{
	*packet_saddr(packet) = to->saddr;
	*packet_daddr(packet) = to->daddr;
#if LBX_FAMILY == 4
	packet->ip->check = checksum_apply(packet->ip->check, to->l3_delta);
#endif
	if (sends)
		--*packet_ttl(packet);
	*(mem_u32 *)packet->l4 = *(const mem_u32 *)&to->sport; /* both ports */
	if (packet->proto == IPPROTO_TCP) {
		packet->tcp->check = checksum_apply(packet->tcp->check, to->l4_delta);
	} else if (packet->udp->check) {
		/* 0 means "no checksum" and stays; a sum of 0 is sent as 0xffff. */
		__u16 sum = checksum_apply(packet->udp->check, to->l4_delta);

		packet->udp->check = sum ? sum : 0xffff;
	}
}

/* The link addresses of a route: the 12 bytes that start both structs. */
static __always_inline void rewrite_link(struct ethhdr *eth, const struct lbx_route *route)
{
	mem_copy_by(eth, route, 2 * ETH_ALEN, 4);
}

/*
 * Send a packet by a route: write everything, then look whether the route was still
 * that next hop's while it was read. If not (another CPU gave the place away in this
 * moment) the packet must be dropped.
 */
static __always_inline _Bool rewrite_send(struct lbx_packet *packet, const struct lbx_rewrite *to,
					  const struct lbx_route *route, __be32 next_hop)
{
	rewrite_link(packet->eth, route);
	rewrite_headers(packet, to, 1);
	barrier();
	return *(const volatile __be32 *)&route->next_hop == next_hop;
}

#endif
