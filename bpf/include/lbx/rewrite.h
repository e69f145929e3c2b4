// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * rewrite.h - what a translation changes, and how it is written into a packet.
 *
 * rewrite_headers() is the hook's own (rewrite_xdp.h, rewrite_tc.h): frames are
 * written to in place, socket buffers with the kernel's help.
 */
#ifndef LBX_REWRITE_H
#define LBX_REWRITE_H

#include <linux/if_ether.h>
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

#ifdef LBX_HOOK_TC
#include <lbx/rewrite_tc.h>
#else
#include <lbx/rewrite_xdp.h>
#endif

/* The link addresses of a route: the 12 bytes that start both structs. */
static __always_inline void rewrite_link(struct ethhdr *eth, const struct lbx_route *route)
{
	mem_copy_by(eth, route, 2 * ETH_ALEN, 4);
}

/*
 * Send a packet by a route: write everything, then look whether the route was still
 * that next hop's while it was read. If not (another CPU gave the place away in this
 * moment), or if the kernel could not write to the packet, it must be dropped.
 */
static __always_inline _Bool rewrite_send(ctx_t *ctx, struct lbx_packet *packet,
					  const struct lbx_rewrite *to,
					  const struct lbx_route *route, __be32 next_hop)
{
	if (!rewrite_headers(ctx, packet, to, 1))
		return 0;
	rewrite_link(packet->eth, route);
	barrier();
	return *(const volatile __be32 *)&route->next_hop == next_hop;
}

#endif
