// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * snat.h - which SNAT port a flow gets.
 *
 * The ports tried, and their order, depend on the client's tuple alone: start and
 * stride come from a hash of (client, service, protocol), the range is a prime
 * number of ports, so that every stride visits all of them. Hence a flow that lost
 * either half finds its port again, and flows do not pile up behind each other as
 * they do when the next port is tried.
 *
 * A port is free for a flow when no other live flow to the same backend tuple has
 * it (reverse.h). About 1/(1 - used share) ports are tried, LBX_SNAT_PROBES at
 * most: at 99 % use, one flow in 30,000 finds none. Then LBX_SNAT_PROBES_HARD more
 * are tried, displacing flows that were not confirmed. For the rest of that jiffy
 * only these last are tried for the backend: SYNs to a backend without free ports
 * cost a bounded share of the CPU, not a full search each.
 */
#ifndef LBX_SNAT_H
#define LBX_SNAT_H

#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/clock.h>
#include <lbx/flow.h>
#include <lbx/hash.h>
#include <lbx/reasons.h>
#include <lbx/reverse.h>
#include <lbx/scratch.h>

#define LBX_SNAT_PROBES      1024
#define LBX_SNAT_PROBES_HARD 32
#define LBX_SNAT_HEAL_PROBES 4

#define LBX_SNAT_FAILED_SLOTS 256

/* When a scan last failed, by tag of the backend tuple: jiffies, 0 for never. */
static volatile __u32 snat_failed_at[LBX_SNAT_FAILED_SLOTS];

struct lbx_snat_scan {
	__u32 index;  /* the port to try, counted from lbx_snat_min */
	__u32 stride; /* 1..range - 1 */
	__u32 range;
	__u32 now;
	__u32 tag;
	__u8 way; /* where it was put */
	__u8 found;
	__u8 hard; /* see reverse_claim() */
	__u8 pad;
};

/* Set index, stride and range for the flow of `key`. */
static __always_inline void snat_scan_start(struct lbx_snat_scan *scan,
					    const struct lbx_flow_key *key)
{
	__u32 hash = hash_jhash3(addr_word(&key->saddr), (__u32)key->dport << 16 | key->sport,
				 addr_word(&key->daddr), key->proto);

	scan->range = lbx_snat_prime;
	scan->index = hash_scale(hash, scan->range);
	scan->stride = 1 + hash_scale(hash * 0x9e3779b1u, scan->range - 1);
}

static __always_inline void snat_scan_next(struct lbx_snat_scan *scan)
{
	scan->index += scan->stride;
	if (scan->index >= scan->range)
		scan->index -= scan->range;
}

static __always_inline __be16 snat_port(__u32 index)
{
	return bpf_htons((__u16)(lbx_snat_min + index));
}

/*
 * Try the port at scan->index: enum lbx_claim. A global function, verified by itself:
 * to the loop around it each claim is one unknown number.
 */
__noinline int snat_claim(struct lbx_rev_bucket *bucket, struct lbx_snat_scan *scan,
			  const struct lbx_rev *want)
{
	if (!bucket || !scan || !want)
		return LBX_CLAIM_FULL;
	return reverse_claim(bucket, snat_port(scan->index), scan->tag, want, scan->now, scan->hard,
			     &scan->way);
}

static long snat_probe(__u64 probe __attribute__((unused)), struct lbx_snat_scan *scan)
{
	struct lbx_rev_bucket *bucket = reverse_bucket(scan->index);
	struct lbx_scratch *scratch = scratch_get();
	enum lbx_claim claim = LBX_CLAIM_FULL;

	if (bucket && scratch)
		claim = snat_claim(bucket, scan, &scratch->want);
	if (claim == LBX_CLAIM_EVICTED)
		reasons_note(LBX_NOTE_FLOW_EVICTED);
	if (claim == LBX_CLAIM_OK || claim == LBX_CLAIM_EVICTED) {
		scan->found = 1;
		return 1;
	}
	snat_scan_next(scan);
	return 0;
}

/*
 * Fetch the first bucket that a new flow will try: it is seldom in the cache, and
 * everything until snat_allocate() hides the wait.
 */
static __always_inline void snat_prefetch(const struct lbx_flow_key *key)
{
	struct lbx_rev_bucket *bucket;
	struct lbx_snat_scan scan;

	snat_scan_start(&scan, key);
	bucket = reverse_bucket(scan.index);
	if (bucket) {
		*(volatile __u32 *)&bucket->version;
		*(volatile __u8 *)&bucket->entry[LBX_REV_WAYS - 1].pad2 =
			0; /* the first way used */
	}
}

/*
 * Claim a port for the reply half `want`, that of the scratch memory, which is complete
 * but for the port (reverse_claim). True: it is in lbx_rev, at scan->index and scan->way.
 */
static __always_inline _Bool snat_allocate(struct lbx_snat_scan *scan, const struct lbx_rev *want,
					   const struct lbx_flow_key *key)
{
	__u32 slot;

	scan->now = clock_now();
	scan->tag = reverse_tag(&want->backend_addr, want->backend_port, key->proto);
	scan->found = 0;
	scan->hard = 0;
	snat_scan_start(scan, key);

	slot = (scan->tag >> 8) & (LBX_SNAT_FAILED_SLOTS - 1);
	if (snat_failed_at[slot] != scan->now) {
		bpf_loop(LBX_SNAT_PROBES, snat_probe, scan, 0);
		if (scan->found)
			return 1;
		snat_failed_at[slot] = scan->now;
	} else {
		reasons_note(LBX_NOTE_SNAT_SCAN_LIMITED);
	}
	scan->hard = 1;
	bpf_loop(LBX_SNAT_PROBES_HARD, snat_probe, scan, 0);
	return scan->found;
}

/*
 * Where a flow that lost its request half has its reply half, whatever its backend
 * was: index << 3 | way, or -1 if not in the first few places. A global function,
 * verified by itself: what it found is one unknown number to its caller.
 */
__noinline int snat_find_reply_half(const struct lbx_flow_key *key)
{
	struct lbx_snat_scan scan;
	__u32 now = clock_now();

	if (!key)
		return -1;
	snat_scan_start(&scan, key);
	for (int probe = 0; probe < LBX_SNAT_HEAL_PROBES; probe++) {
		struct lbx_rev_bucket *bucket = reverse_bucket(scan.index);

		if (!bucket)
			return -1;
#pragma unroll
		for (int way = 0; way < LBX_REV_WAYS; way++) {
			struct lbx_rev *entry = &bucket->entry[way];

			if (bucket->tag[way] && reverse_to_client(entry, key) &&
			    !reverse_expired(entry, now))
				return scan.index << 3 | way;
		}
		snat_scan_next(&scan);
	}
	return -1;
}

/* The reply half at that place, if it still answers `key`; or NULL. */
static __always_inline struct lbx_rev *snat_reply_half(int place, const struct lbx_flow_key *key)
{
	struct lbx_rev_bucket *bucket;
	struct lbx_rev *entry;
	__u32 way = place & (LBX_REV_WAYS - 1);

	if (place < 0)
		return NULL;
	bucket = reverse_bucket((__u32)place >> 3);
	if (!bucket)
		return NULL;
	entry = &bucket->entry[way];
	return bucket->tag[way] && reverse_to_client(entry, key) ? entry : NULL;
}

#endif
