// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * rewrite.h - a translation is written into a packet.
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
#include <lbx/rewrite_delta.h>
#include <lbx/routes.h>

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

/* Is the packet, or each piece that it will be cut into, as short as the way demands? */
static __always_inline _Bool rewrite_fits(const ctx_t *ctx, const struct lbx_packet *packet,
					  const struct lbx_route *route)
{
	return ctx_longest(ctx, packet_ip_length(packet), packet_headers(packet)) <= route->mtu;
}

/*
 * Send a packet by a route: write everything, then look whether the route was still
 * that of `stamp` while it was read. If not (another CPU gave the place away in this
 * moment), or if the kernel could not write to the packet, it must be dropped.
 */
static __always_inline _Bool rewrite_send(ctx_t *ctx, struct lbx_packet *packet,
					  const struct lbx_rewrite *to,
					  const struct lbx_route *route, __u32 stamp)
{
	if (!rewrite_headers(ctx, packet, to, 1))
		return 0;
	rewrite_link(packet->eth, route);
	return routes_is(route, stamp);
}

#endif
