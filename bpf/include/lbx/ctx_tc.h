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
#include <linux/pkt_cls.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

typedef struct __sk_buff ctx_t;

#define CTX_PASS TC_ACT_UNSPEC
#define CTX_DROP TC_ACT_SHOT

static __always_inline void *ctx_data(const ctx_t *ctx)
{
	return (void *)(long)ctx->data;
}

static __always_inline void *ctx_data_end(const ctx_t *ctx)
{
	return (void *)(long)ctx->data_end;
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

#endif
