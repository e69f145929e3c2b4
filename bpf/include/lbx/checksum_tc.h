// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * checksum_tc.h - the TCP or UDP checksum of a socket buffer whose headers change.
 *
 * A socket buffer is in one of four states, which a program cannot see:
 *   NONE, UNNECESSARY  the field is complete;
 *   COMPLETE           so it is, and the kernel keeps a sum of all bytes from the IP
 *                      header on, which must stay true;
 *   PARTIAL            (packets of local sockets, and merged ones) the field holds the
 *                      sum of the pseudo header; device or kernel will add the rest.
 * So addresses always change the field, and ports change it unless it is partial.
 * bpf_l4_csum_replace() knows the state: one call for the addresses, with
 * BPF_F_PSEUDO_HDR, and one for the ports, without, where these change.
 *
 * The kept sum: what an IPv4 header's addresses add, its own checksum takes away
 * again; what is left is the field's change by the addresses, and the helper
 * accounts for that. In IPv6 addresses and field cancel each other, which the helper
 * must be told by BPF_F_IPV6. Kernels that do not know this flag (before 6.16 and
 * the stable releases of mid-2025) take the change off the sum; it is added again.
 *
 * Differences are one's complement sums of (~old + new), see checksum.h.
 */
#ifndef LBX_CHECKSUM_TC_H
#define LBX_CHECKSUM_TC_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>

#ifndef BPF_F_IPV6
#define BPF_F_IPV6 (1ULL << 7) /* newer than the headers that this is built with */
#endif

/* uapi headers of BPF have no errno.h. */
#define CHECKSUM_EINVAL 22

/* Offset of the checksum in a TCP or UDP header. */
static __always_inline __u32 checksum_offset(__u8 proto)
{
	return proto == IPPROTO_UDP ? offsetof(struct udphdr, check)
				    : offsetof(struct tcphdr, check);
}

/*
 * Change the field at `at` by what addresses and ports change. False: the helper
 * failed; unless ports had changed nothing is written, so drop the packet.
 * Invalidates all pointers into the packet.
 *
 * UDP: a field of 0 means "none" and stays, a result of 0 is written as 0xffff.
 */
static __always_inline _Bool checksum_change(ctx_t *ctx, __u32 at, __u8 proto, _Bool ipv6,
					     __u16 addresses, __u16 ports)
{
	__u64 flags = proto == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;
	long error;

	if (ipv6) {
		error = bpf_l4_csum_replace(ctx, at, 0, addresses,
					    flags | BPF_F_PSEUDO_HDR | BPF_F_IPV6);
		if (error == -CHECKSUM_EINVAL) {
			error = bpf_l4_csum_replace(ctx, at, 0, addresses,
						    flags | BPF_F_PSEUDO_HDR);
			bpf_csum_update(ctx, addresses); /* refuses states without a sum */
		}
	} else {
		error = bpf_l4_csum_replace(ctx, at, 0, addresses, flags | BPF_F_PSEUDO_HDR);
	}
	if (error)
		return 0;
	return !ports || !bpf_l4_csum_replace(ctx, at, 0, ports, flags);
}

/*
 * The same for UDP without a checksum: only the kept sum has to hear of it. (The
 * addresses of IPv4 are set off by the header's checksum.)
 */
static __always_inline void checksum_change_none(ctx_t *ctx, _Bool ipv6, __u16 addresses,
						 __u16 ports)
{
	bpf_csum_update(ctx, ipv6 ? (__u32)addresses + ports : ports);
}

#endif
