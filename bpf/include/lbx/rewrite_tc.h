// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * rewrite_tc.h - write a translation into a socket buffer.
 *
 * Packets of local sockets arrive here with a checksum that the device is still to
 * complete (it then holds the sum of the pseudo header only). The kernel's helpers
 * know which kind they have; arithmetic of our own does not.
 */
#ifndef LBX_REWRITE_TC_H
#define LBX_REWRITE_TC_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>
#include <lbx/family.h>

#define REWRITE_L4 (ETH_HLEN + sizeof(struct iphdr)) /* no options: parse_packet() saw to it */

/*
 * Change the source of an IPv4 TCP or UDP packet. False: a helper failed and the
 * packet may be half changed; drop it. Invalidates all pointers into the packet.
 */
static __always_inline _Bool rewrite_source(ctx_t *ctx, __u8 proto, const addr_t *old_addr,
					    __be16 old_port, const addr_t *addr, __be16 port)
{
	__u32 check = REWRITE_L4 + offsetof(struct tcphdr, check);
	__u64 flags = 0;

	if (proto == IPPROTO_UDP) {
		check = REWRITE_L4 + offsetof(struct udphdr, check);
		flags = BPF_F_MARK_MANGLED_0; /* 0 means "no checksum": stays, and never results */
	}
	if (bpf_l4_csum_replace(ctx, check, *old_addr, *addr,
				flags | BPF_F_PSEUDO_HDR | sizeof(*addr)))
		return 0;
	if (old_port != port &&
	    (bpf_l4_csum_replace(ctx, check, old_port, port, flags | sizeof(port)) ||
	     bpf_skb_store_bytes(ctx, REWRITE_L4 + offsetof(struct tcphdr, source), &port,
				 sizeof(port), 0)))
		return 0;
	if (bpf_l3_csum_replace(ctx, ETH_HLEN + offsetof(struct iphdr, check), *old_addr, *addr,
				sizeof(*addr)))
		return 0;
	return !bpf_skb_store_bytes(ctx, ETH_HLEN + offsetof(struct iphdr, saddr), addr,
				    sizeof(*addr), 0);
}

#endif
