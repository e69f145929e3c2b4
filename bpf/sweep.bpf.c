// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * sweep.bpf.c - give memory of flows back that are over: run from user space by
 * BPF_PROG_TEST_RUN, a few buckets at a time, and never attached.
 *
 * Nothing depends on it: the datapath sees for itself that a flow is over and takes
 * its place. But a free way is found at once, and need not be chosen. User space cannot
 * do this: only a program can take a bucket while other CPUs use it (reverse.h, flow_table.h).
 *
 * Compiled for each family, to sweep4 and sweep6. Shares lbx_rev and lbx_flow_set with
 * the datapath, and needs the same lbx_hz, lbx_flow_buckets and lbx_..._seconds.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/clock.h>
#include <lbx/family.h>
#include <lbx/flow_state.h>
#include <lbx/flow_table.h>
#include <lbx/reverse.h>

#define SWEEP_MOST 4096 /* buckets of one run */

/* The frame that a run is given. Host order. */
struct lbx_sweep {
	__u32 from;  /* first bucket */
	__u32 count; /* buckets, at most SWEEP_MOST; those behind the last are passed over */
	__u32 used;  /* out: flows that are left in them */
	__u32 freed; /* out: those that were over */
};

struct sweep_state {
	__u32 now;
	struct lbx_sweep done;
};

/* How many bits of a byte are set. */
static __always_inline __u32 bits_set(__u32 byte)
{
	byte = (byte & 0x55) + (byte >> 1 & 0x55);
	byte = (byte & 0x33) + (byte >> 2 & 0x33);
	return (byte & 0x0f) + (byte >> 4 & 0x0f);
}

/*
 * Is that reply half over? Like the next one a global function, verified by itself: the
 * ways of a bucket do not multiply what the verifier has to look at.
 */
__noinline int sweep_is_over(const struct lbx_rev *entry, __u32 now)
{
	return entry && flow_age(entry->last_seen, now) > reverse_timeout(entry);
}

/* The ways whose flows are over, one bit each; above bit 8 those whose flows are not. */
__noinline __u32 sweep_look(const struct lbx_rev_bucket *bucket, __u32 now)
{
	__u32 ways = 0;

	if (!bucket)
		return 0;
#pragma unroll
	for (__u32 way = 0; way < LBX_REV_WAYS; way++)
		if (bucket->tag[way])
			ways |= sweep_is_over(&bucket->entry[way], now) ? 1U << way : 0x100U << way;
	return ways;
}

static long sweep_bucket(__u32 i, struct sweep_state *state)
{
	struct lbx_rev_bucket *bucket = reverse_bucket(state->done.from + i);
	__u32 ways, version;

	if (!bucket)
		return 1;
	version = *(volatile __u32 *)&bucket->version;
	barrier();
	ways = sweep_look(bucket, state->now);
	state->done.used += bits_set(ways >> LBX_REV_WAYS);
	/* Being written, or written meanwhile: it is in use, and its turn comes again. */
	if (!(ways & 0xff) || version & 1 || !reverse_lock(bucket, version))
		return 0;
	/* Packets of a flow tell that it lives without taking the bucket. */
	ways &= sweep_look(bucket, state->now);
#pragma unroll
	for (__u32 way = 0; way < LBX_REV_WAYS; way++)
		if (ways & 1U << way)
			bucket->tag[way] = 0;
	state->done.freed += bits_set(ways & 0xff);
	reverse_unlock(bucket, version);
	return 0;
}

static long sweep_flows(__u32 i, struct sweep_state *state)
{
	__u32 index = state->done.from + i, found;

	/* The last element is no bucket. */
	if (index >= lbx_flow_buckets)
		return 1;
	found = flow_table_sweep(flow_table_bucket(index));
	state->done.used += found & 0xff;
	state->done.freed += found >> 8;
	return 0;
}

/* Read the frame; 0: it makes no sense. */
static __always_inline _Bool sweep_begin(struct xdp_md *ctx, struct sweep_state *state)
{
	struct lbx_sweep *sweep = (struct lbx_sweep *)(long)ctx->data;

	if ((void *)(sweep + 1) > (void *)(long)ctx->data_end)
		return 0;
	state->now = clock_now();
	state->done.from = sweep->from;
	state->done.count = sweep->count;
	return state->done.count <= SWEEP_MOST;
}

static __always_inline int sweep_end(struct xdp_md *ctx, const struct sweep_state *state)
{
	struct lbx_sweep *sweep = (struct lbx_sweep *)(long)ctx->data;

	if ((void *)(sweep + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	sweep->used = state->done.used;
	sweep->freed = state->done.freed;
	return XDP_PASS;
}

SEC("xdp")
int FAMILY_NAME(lbx_sweep_rev)(struct xdp_md *ctx)
{
	struct sweep_state state = {};

	if (!sweep_begin(ctx, &state))
		return XDP_ABORTED;
	bpf_loop(state.done.count, sweep_bucket, &state, 0);
	return sweep_end(ctx, &state);
}

SEC("xdp")
int FAMILY_NAME(lbx_sweep_flow)(struct xdp_md *ctx)
{
	struct sweep_state state = {};

	if (!sweep_begin(ctx, &state))
		return XDP_ABORTED;
	bpf_loop(state.done.count, sweep_flows, &state, 0);
	return sweep_end(ctx, &state);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
