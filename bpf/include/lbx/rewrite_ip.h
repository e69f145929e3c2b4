// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * rewrite_ip.h - give a packet other addresses and leave what is behind its IP header:
 * for ICMP errors and later fragments, in slow paths.
 */
#ifndef LBX_REWRITE_IP_H
#define LBX_REWRITE_IP_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/checksum.h>
#include <lbx/family.h>
#include <lbx/mem.h>

/*
 * Write the header at `l3_at`, which now is `old`, with these addresses; with `sends` one
 * hop less to go. By a store that keeps the sum of a socket buffer right. Invalidates all
 * pointers into the packet, `old` too; false: the kernel refused.
 */
static __always_inline _Bool rewrite_ip(ctx_t *ctx, const ip_t *old, __u32 l3_at,
					const addr_t *saddr, const addr_t *daddr, _Bool sends)
{
	ip_t ip;

	mem_copy_by(&ip, old, sizeof(ip), 4);
#if LBX_FAMILY == 4
	__u64 change =
		checksum_replace_addr(&ip.saddr, saddr) + checksum_replace_addr(&ip.daddr, daddr);

	ip.ttl -= sends;
	if (sends)
		change += LBX_CHECKSUM_TTL_MINUS_1;
	ip.check = checksum_apply(ip.check, checksum_fold(change));
#else
	ip.hop_limit -= sends;
#endif
	mem_copy_by(&ip.saddr, saddr, sizeof(addr_t), 4);
	mem_copy_by(&ip.daddr, daddr, sizeof(addr_t), 4);
	return !ctx_store(ctx, l3_at, &ip, sizeof(ip));
}

#endif
