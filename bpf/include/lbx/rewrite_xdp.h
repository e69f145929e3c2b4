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
#include <lbx/mem.h>
#include <lbx/parse.h>
#include <lbx/rewrite.h>

/*
 * Write it. With `sends` the TTL goes down; the caller has seen that it is above 1.
 * True: never fails here (rewrite_tc.h).
 */
static __always_inline _Bool rewrite_headers(ctx_t *ctx __attribute__((unused)),
					     struct lbx_packet *packet,
					     const struct lbx_rewrite *to, _Bool sends)
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
	} else if (packet->proto == IPPROTO_UDP && packet->udp->check) {
		/* 0 means "no checksum" and stays; a sum of 0 is sent as 0xffff. */
		__u16 sum = checksum_apply(packet->udp->check, to->l4_delta);

		packet->udp->check = sum ? sum : 0xffff;
	}
	return 1;
}

#endif
