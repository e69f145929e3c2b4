// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * ctx_xdp.h - the packet context of an XDP program (ctx_tc.h: the same for tc).
 *
 * The datapath's headers know a packet only as ctx_t, through ctx_data(),
 * ctx_data_end(), ctx_length(), ctx_ifindex() and the verdicts CTX_PASS, CTX_DROP
 * and CTX_TX (send out of the device that it came in by). An entry file includes
 * exactly one of the two, first.
 */
#ifndef LBX_CTX_H
#define LBX_CTX_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

typedef struct xdp_md ctx_t;

#define CTX_PASS XDP_PASS
#define CTX_DROP XDP_DROP
#define CTX_TX   XDP_TX

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
	return ctx_data_end(ctx) - ctx_data(ctx);
}

/* The device that the packet came in by. */
static __always_inline __u32 ctx_ifindex(const ctx_t *ctx)
{
	return ctx->ingress_ifindex;
}

#endif
