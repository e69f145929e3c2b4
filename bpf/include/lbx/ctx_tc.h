// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * ctx_tc.h - the packet context of a tc program (ctx_xdp.h: the same for XDP).
 *
 * CTX_PASS is TC_ACT_UNSPEC, which is TCX_NEXT: filters of others that come after
 * ours still run, with tcx and with clsact.
 */
#ifndef LBX_CTX_H
#define LBX_CTX_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/hooks.h>

#define LBX_HOOK_TC

/*
 * How packets are sent on.
 *   0  with the link addresses that our own routes have; unresolved ones as by 1
 *   1  the kernel finds the next hop of each packet (bpf_redirect_neigh)
 *   2  as 0, and packets for backends in namespaces of this node straight into these
 *      (bpf_redirect_peer), past the rest of the host's stack
 */
const volatile __u8 lbx_redirect = 0;

#define LBX_REDIRECT_NEIGH 1
#define LBX_REDIRECT_PEER  2

typedef struct __sk_buff ctx_t;

#define CTX_PASS TC_ACT_UNSPEC
#define CTX_DROP TC_ACT_SHOT
#define CTX_TX   TC_ACT_REDIRECT

/* Where events say that it was; code that runs at egress says so itself (events.h). */
#define CTX_HOOK LBX_HOOK_TC_INGRESS

static __always_inline void *ctx_data(const ctx_t *ctx)
{
	return (void *)(long)ctx->data;
}

static __always_inline void *ctx_data_end(const ctx_t *ctx)
{
	return (void *)(long)ctx->data_end;
}

/* The device that the packet came in by (ingress), or leaves by (egress). */
static __always_inline __u32 ctx_ifindex(const ctx_t *ctx)
{
	return ctx->ifindex;
}

/* Can this hook send a packet that came in by device `from` by device `ifindex`? By any. */
static __always_inline _Bool ctx_reaches(__u32 from __attribute__((unused)),
					 __u32 ifindex __attribute__((unused)))
{
	return 1;
}

/*
 * A tag belongs to the link that the packet came by: a way that leads to a VLAN leads
 * to that VLAN's device, which writes its own.
 */
static __always_inline void ctx_untag(ctx_t *ctx)
{
	if (ctx->vlan_present || ctx->protocol == bpf_htons(0x8100))
		bpf_skb_vlan_pop(ctx);
}

/* One of two constants: to the verifier a helper's result could be any code of ours. */
static __always_inline int ctx_redirected(long result)
{
	return result == CTX_TX ? CTX_TX : CTX_DROP;
}

/*
 * Bytes were changed and no checksum among them makes up for it: the sum of their change.
 * The kernel may keep a sum of the whole packet (checksum_tc.h), which has to hear of it.
 */
static __always_inline void ctx_sum_changed(ctx_t *ctx, __u16 delta)
{
	bpf_csum_update(ctx, delta);
}

/*
 * Bytes of IP of the longest packet that this one of `length` stands for. One that is to
 * be cut (GSO) gives each piece its `headers`, from IP up to the payload.
 */
static __always_inline __u32 ctx_longest(const ctx_t *ctx, __u32 length, __u32 headers)
{
	return ctx->gso_size ? ctx->gso_size + headers : length;
}

/* The kernel can be asked to find a link address. */
#define CTX_RESOLVES 1

/* Send it by that device, to the next hop that the kernel has, as soon as it is resolved. */
static __always_inline int ctx_send_unresolved(ctx_t *ctx, __u32 ifindex)
{
	ctx_untag(ctx);
	return ctx_redirected(bpf_redirect_neigh(ifindex, NULL, 0, 0));
}

/* Send it, with its link header written, by that device. */
static __always_inline int ctx_send(ctx_t *ctx, __u32 ifindex)
{
	if (lbx_redirect == LBX_REDIRECT_NEIGH)
		return ctx_send_unresolved(ctx, ifindex);
	ctx_untag(ctx);
	return ctx_redirected(bpf_redirect(ifindex, 0));
}

/* The whole packet, also what is not in the linear part. */
static __always_inline __u64 ctx_length(const ctx_t *ctx)
{
	return ctx->len;
}

/* Make the first `bytes` of the packet readable, or all of a shorter one. */
static __always_inline void ctx_pull(ctx_t *ctx, __u32 bytes)
{
	if (bytes > ctx->len)
		bytes = ctx->len;
	if (ctx_data(ctx) + bytes > ctx_data_end(ctx))
		bpf_skb_pull_data(ctx, bytes);
}

/*
 * Copy out of and into the packet, wherever its bytes lie; 0 or a negative errno.
 * Slow paths only: a helper call each.
 */
static __always_inline long ctx_load(ctx_t *ctx, __u32 at, void *to, __u32 bytes)
{
	return bpf_skb_load_bytes(ctx, at, to, bytes);
}

static __always_inline long ctx_store(ctx_t *ctx, __u32 at, void *from, __u32 bytes)
{
	return bpf_skb_store_bytes(ctx, at, from, bytes, BPF_F_RECOMPUTE_CSUM);
}

/* More than what can be in front of TCP or UDP; below that, fewer bytes again. */
#define CTX_SPARE_FIRST 240
#define CTX_SPARE_THEN  16

/*
 * Make the packet that long. Only its first `link` bytes are kept for sure, the rest is
 * to be written anew. Invalidates all pointers into it.
 *
 * A checksum that somebody is still to finish would be written into what is new. The
 * kernel forgets of it when it is asked to take away the bytes from which it is summed:
 * newer kernels at once, older ones with the next bytes. So bytes are added behind, and as
 * many taken away in front. (Not from frames with the tag of a VLAN in them.)
 */
static __always_inline long ctx_set_length(ctx_t *ctx, __u32 link __attribute__((unused)),
					   __u32 bytes)
{
	if (ctx->protocol != bpf_htons(ETH_P_IP) && ctx->protocol != bpf_htons(ETH_P_IPV6))
		return bpf_skb_change_tail(ctx, bytes, 0);
	return bpf_skb_change_tail(ctx, bytes + CTX_SPARE_FIRST + CTX_SPARE_THEN, 0) ||
	       bpf_skb_adjust_room(ctx, -CTX_SPARE_FIRST, BPF_ADJ_ROOM_MAC, 0) ||
	       bpf_skb_adjust_room(ctx, -CTX_SPARE_THEN, BPF_ADJ_ROOM_MAC, 0);
}

/* Send the packet out of the device that it came in by. */
static __always_inline int ctx_send_back(ctx_t *ctx)
{
	return ctx_redirected(bpf_redirect(ctx->ifindex, 0));
}

#endif
