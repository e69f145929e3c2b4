// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * ctx_xdp.h - the packet context of an XDP program (ctx_tc.h: the same for tc).
 *
 * The datapath's headers know a packet only as ctx_t, through ctx_data(),
 * ctx_data_end(), ctx_length(), ctx_ifindex(), CTX_HOOK, the calls below and the
 * verdicts CTX_PASS, CTX_DROP and CTX_TX (send out of the device that it came in by).
 * An entry file includes exactly one of the two, first.
 */
#ifndef LBX_CTX_H
#define LBX_CTX_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/hooks.h>

typedef struct xdp_md ctx_t;

#define CTX_PASS XDP_PASS
#define CTX_DROP XDP_DROP
#define CTX_TX   XDP_TX

#define CTX_HOOK LBX_HOOK_XDP /* where events say that it was */

static __always_inline void *ctx_data(const ctx_t *ctx)
{
	return (void *)(long)ctx->data;
}

static __always_inline void *ctx_data_end(const ctx_t *ctx)
{
	return (void *)(long)ctx->data_end;
}

static __always_inline __u64 ctx_length(const ctx_t *ctx)
{
	__u64 length = ctx_data_end(ctx) - ctx_data(ctx);

	/* Else clang may put the pointers into other sums, which the verifier refuses. */
	barrier_var(length);
	return length;
}

/* The device that the packet came in by. */
static __always_inline __u32 ctx_ifindex(const ctx_t *ctx)
{
	return ctx->ingress_ifindex;
}

/* Make the first bytes readable: at XDP they are. */
static __always_inline void ctx_pull(ctx_t *ctx __attribute__((unused)),
				     __u32 bytes __attribute__((unused)))
{
}

/* Can this hook send a packet that came in by device `from` by device `ifindex`? */
static __always_inline _Bool ctx_reaches(__u32 from, __u32 ifindex)
{
	return from == ifindex;
}

/* Bytes were changed and no checksum among them makes up for it: the sum of their change. */
static __always_inline void ctx_sum_changed(ctx_t *ctx __attribute__((unused)),
					    __u16 delta __attribute__((unused)))
{
}

/* Bytes of IP of the longest packet that this one stands for: itself. */
static __always_inline __u32 ctx_longest(const ctx_t *ctx __attribute__((unused)), __u32 length,
					 __u32 headers __attribute__((unused)))
{
	return length;
}

/* Nobody resolves link addresses for us. */
#define CTX_RESOLVES 0

static __always_inline int ctx_send_unresolved(ctx_t *ctx __attribute__((unused)),
					       __u32 ifindex __attribute__((unused)))
{
	return CTX_DROP;
}

/* Send it, with its link header written, by a device that is reached. */
static __always_inline int ctx_send(ctx_t *ctx __attribute__((unused)),
				    __u32 ifindex __attribute__((unused)))
{
	return CTX_TX;
}

/*
 * Copy out of and into the packet, wherever its bytes lie; 0 or a negative errno.
 * Slow paths only: a helper call each.
 */
static __always_inline long ctx_load(ctx_t *ctx, __u32 at, void *to, __u32 bytes)
{
	return bpf_xdp_load_bytes(ctx, at, to, bytes);
}

static __always_inline long ctx_store(ctx_t *ctx, __u32 at, void *from, __u32 bytes)
{
	return bpf_xdp_store_bytes(ctx, at, from, bytes);
}

#define LBX_CTX_LINK_MAX 24

/*
 * Make the packet that long. Only its first `link` bytes are kept for sure, the rest is
 * to be written anew. Invalidates all pointers into it. What is missing is taken in
 * front: behind the packet a driver may have no room (veth has what the sender's buffer
 * happens to leave).
 */
static __always_inline long ctx_set_length(ctx_t *ctx, __u32 link, __u32 bytes)
{
	__u64 length = ctx_length(ctx);
	__u8 kept[LBX_CTX_LINK_MAX];
	long more;

	barrier_var(length); /* the verifier knows no 32-bit difference of pointers */
	more = (long)bytes - (long)length;
	if (more <= 0)
		return bpf_xdp_adjust_tail(ctx, (int)more);
	barrier_var(link);
	if (link < 1 || link > sizeof(kept))
		return -1;
	if (bpf_xdp_load_bytes(ctx, 0, kept, link) || bpf_xdp_adjust_head(ctx, (int)-more))
		return -1;
	return bpf_xdp_store_bytes(ctx, 0, kept, link);
}

/* Send the packet out of the device that it came in by. */
static __always_inline int ctx_send_back(ctx_t *ctx __attribute__((unused)))
{
	return CTX_TX;
}

#endif
