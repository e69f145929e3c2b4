// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * room.h - room for a header in a packet, and taking one away.
 *
 * room_insert(): `bytes` in front of the IP header at `l3_at` (14, or 18 with a VLAN
 * tag), which has `ip_bytes`, or (`inside`) behind it; constants, but for l3_at. What was
 * in front of the room moves; what the room holds is undefined. A socket buffer that
 * stands for many segments (GSO) keeps their size: the caller sees to it that they fit.
 *
 * room_remove_outer(): the `bytes` (a constant) behind the link header go.
 * room_remove_inner(): those behind the IP header, which has `ip_bytes` (constants).
 *
 * False: there is no room, or the packet is cut short. Both invalidate all pointers into
 * the packet.
 */
#ifndef LBX_ROOM_H
#define LBX_ROOM_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/mem.h>

#ifdef LBX_HOOK_TC

static __always_inline _Bool room_insert(ctx_t *ctx, __u32 l3_at __attribute__((unused)),
					 const __u32 ip_bytes, const __u32 bytes,
					 const _Bool inside)
{
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET;

	if (!inside)
		flags |= ip_bytes == 20 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV4
					: BPF_F_ADJ_ROOM_ENCAP_L3_IPV6;
	return !bpf_skb_adjust_room(ctx, bytes, inside ? BPF_ADJ_ROOM_NET : BPF_ADJ_ROOM_MAC,
				    flags);
}

static __always_inline _Bool room_remove_outer(ctx_t *ctx, __u32 l3_at __attribute__((unused)),
					       const __u32 bytes)
{
	return !bpf_skb_adjust_room(ctx, -(int)bytes, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO);
}

static __always_inline _Bool room_remove_inner(ctx_t *ctx, __u32 l3_at __attribute__((unused)),
					       const __u32 ip_bytes __attribute__((unused)),
					       const __u32 bytes)
{
	return !bpf_skb_adjust_room(ctx, -(int)bytes, BPF_ADJ_ROOM_NET, BPF_F_ADJ_ROOM_FIXED_GSO);
}

#else

static __always_inline _Bool room_insert(ctx_t *ctx, __u32 l3_at, const __u32 ip_bytes,
					 const __u32 bytes, const _Bool inside)
{
	const __u32 kept = inside ? ip_bytes : 0;
	void *data;

	if (bpf_xdp_adjust_head(ctx, -(int)bytes))
		return 0;
	data = ctx_data(ctx);
	if (l3_at == ETH_HLEN) {
		if (data + bytes + ETH_HLEN + kept > ctx_data_end(ctx))
			return 0;
		mem_copy_by(data, data + bytes, ETH_HLEN + kept, 4);
	} else {
		if (data + bytes + ETH_HLEN + 4 + kept > ctx_data_end(ctx))
			return 0;
		mem_copy_by(data, data + bytes, ETH_HLEN + 4 + kept, 4);
	}
	return 1;
}

static __always_inline _Bool room_remove_outer(ctx_t *ctx, __u32 l3_at, const __u32 bytes)
{
	__u8 link[ETH_HLEN + 4];
	void *data = ctx_data(ctx);

	if (data + sizeof(link) > ctx_data_end(ctx))
		return 0;
	mem_copy_by(link, data, sizeof(link), 1);
	if (bpf_xdp_adjust_head(ctx, bytes))
		return 0;
	data = ctx_data(ctx);
	if (data + sizeof(link) > ctx_data_end(ctx))
		return 0;
	if (l3_at == ETH_HLEN)
		mem_copy_by(data, link, ETH_HLEN, 1);
	else
		mem_copy_by(data, link, sizeof(link), 1);
	return 1;
}

static __always_inline _Bool room_remove_inner(ctx_t *ctx, __u32 l3_at, const __u32 ip_bytes,
					       const __u32 bytes)
{
	__u8 kept[ETH_HLEN + 4 + 40];
	__u32 length = l3_at + ip_bytes;

	barrier_var(length);
	if (length < 1 || length > sizeof(kept))
		return 0;
	return !bpf_xdp_load_bytes(ctx, 0, kept, length) && !bpf_xdp_adjust_head(ctx, bytes) &&
	       !bpf_xdp_store_bytes(ctx, 0, kept, length);
}

#endif

#endif
