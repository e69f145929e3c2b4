// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * rewrite_tc.h - write a translation into a socket buffer.
 *
 * Its TCP or UDP checksum may be unfinished, or known to the kernel by a sum of its
 * own: checksum_tc.h. Everything else is written in place, as into a frame; the sums
 * of what is changed here cancel each other.
 */
#ifndef LBX_REWRITE_TC_H
#define LBX_REWRITE_TC_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/checksum.h>
#include <lbx/checksum_tc.h>
#include <lbx/mem.h>
#include <lbx/parse.h>
#include <lbx/rewrite.h>

#define REWRITE_L4_MAX 512 /* bytes before TCP or UDP; the verifier wants a bound */

/* Find the packet's headers again, after a helper that may have moved it. */
static __always_inline _Bool rewrite_reach(ctx_t *ctx, struct lbx_packet *packet)
{
	void *data = ctx_data(ctx), *end = ctx_data_end(ctx);
	__u32 l4_at = packet->l4_at;

	/* What is checked is what is used: the verifier knows the bounds of a register only. */
	barrier_var(l4_at);
	if (l4_at > REWRITE_L4_MAX)
		return 0;
	packet->eth = data;
	packet->ip = data + packet->l3_at;
	packet->l4 = data + l4_at;
	barrier_var(packet->ip);
	barrier_var(packet->l4);
	return data + sizeof(struct ethhdr) <= end && (void *)(packet->ip + 1) <= end &&
	       packet->l4 + sizeof(struct udphdr) <= end;
}

/*
 * One hop less to go. What that adds to IPv4's header is in the delta of its checksum;
 * IPv6 has none, so the kernel's own sum has to hear of it.
 */
static __always_inline void rewrite_age(ctx_t *ctx, struct lbx_packet *packet)
{
	--*packet_ttl(packet);
	if (LBX_FAMILY == 6)
		ctx_sum_changed(ctx, LBX_CHECKSUM_HOPS_MINUS_1);
}

/* The same for a packet whose rewrite knows nothing of it. */
static __always_inline void rewrite_age_alone(ctx_t *ctx, struct lbx_packet *packet)
{
	rewrite_age(ctx, packet);
#if LBX_FAMILY == 4
	packet->ip->check = checksum_apply(packet->ip->check, LBX_CHECKSUM_TTL_MINUS_1);
#endif
}

/*
 * Write it. With `sends` the TTL goes down; the caller has seen that it is above 1.
 * False: the kernel could not write to the packet, which may be half changed; drop
 * it. Pointers into the packet other than those of `packet` are invalid afterwards.
 */
static __always_inline _Bool rewrite_headers(ctx_t *ctx, struct lbx_packet *packet,
					     const struct lbx_rewrite *to, _Bool sends)
{
	__u16 ports = checksum_fold(checksum_replace16(packet->sport, to->sport) +
				    checksum_replace16(packet->dport, to->dport));
	__u16 addresses = checksum_fold((__u32)to->l4_delta + (__u16)~ports);
	_Bool same_ports = packet->sport == to->sport && packet->dport == to->dport;

	if (packet->proto == IPPROTO_SCTP || (packet->proto == IPPROTO_UDP && !packet->udp->check))
		checksum_change_none(ctx, LBX_FAMILY == 6, addresses, ports);
	else if (!checksum_change(ctx, packet->l4_at + checksum_offset(packet->proto),
				  packet->proto, LBX_FAMILY == 6, addresses,
				  same_ports ? 0 : ports))
		return 0;
	if (!rewrite_reach(ctx, packet))
		return 0;
	*packet_saddr(packet) = to->saddr;
	*packet_daddr(packet) = to->daddr;
#if LBX_FAMILY == 4
	packet->ip->check = checksum_apply(packet->ip->check, to->l3_delta);
#endif
	if (sends)
		rewrite_age(ctx, packet);
	*(mem_u32 *)packet->l4 = *(const mem_u32 *)&to->sport; /* both ports */
	return 1;
}

#endif
