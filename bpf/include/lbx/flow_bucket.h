// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * flow_bucket.h - the flow table as an array of buckets: the parts that readers see.
 *
 * lbx_flow_set is an array map. A bucket holds eight flows and one line of tags.
 * A flow is in the bucket that its hash names first, or, when that was full, in the
 * one it names second (as a guest; `away` of the first counts those). The hash names
 * a way as well, which the flow has if that was free: tags and entry, both of them
 * seldom in the cache, are fetched at once. Finding a flow is inlined: no helper call,
 * two cache lines.
 *
 * Readers take no lock. The last word of an entry's key ends in a stamp: a count of
 * the entry's changes, a bit for "being written" and one for "held".
 *   - A writer sets WRITING before it changes anything, and then stores the word
 *     with the next count. flow_table_find() copies the word it has seen into the
 *     caller's key; flow_table_is() says after use whether it is still that word. If
 *     not, what was read may be a mixture: the packet is lost, the reader must not
 *     have acted on it otherwise.
 *   - last_seen, timeout, flags, checked, route and next_hop are changed in place by
 *     who serves a packet. flow_table_hold() makes sure that the entry stays this
 *     flow's meanwhile. (One store to last_seen alone may do without: at worst
 *     another flow looks younger than it is.) That does not disturb readers; the old
 *     value of each is as good as the new one.
 * Writers of a bucket exclude each other by its lock (flow_table.h).
 *
 * Order of memory: on x86 loads are not reordered with loads, nor stores with
 * stores, and a compiler barrier suffices. Elsewhere (arm64) lbx_weak_order must be
 * set: then an atomic exchange on the stack stands between them, a full barrier by
 * the kernel's rules for BPF atomics that return a value. BPF has better
 * instructions for it only since Linux 6.15.
 */
#ifndef LBX_FLOW_BUCKET_H
#define LBX_FLOW_BUCKET_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/family.h>
#include <lbx/flow_state.h>
#include <lbx/flow_hash.h>
#include <lbx/mem.h>

/* 1: the CPU reorders loads and stores. 0 saves time where it does not (x86). */
const volatile __u8 lbx_weak_order = 1;

/* Parts of the stamp. The count has 14 bits. */
#define LBX_FLOW_WRITING 0x0001000000000000ULL
#define LBX_FLOW_CHANGE  0x0002000000000000ULL
#define LBX_FLOW_HELD    0x8000000000000000ULL
#define LBX_FLOW_COUNT   (LBX_FLOW_STAMP & ~LBX_FLOW_WRITING & ~LBX_FLOW_HELD)

#if LBX_FAMILY == 4
#define lbx_flow_bucket lbx_flow4_bucket
#else
#define lbx_flow_bucket lbx_flow6_bucket
#endif
#define lbx_flow_set FAMILY_NAME(lbx_flow_set)

struct lbx_flow_bucket {
	__u16 tag[LBX_FLOW_WAYS]; /* part of the hash; 0: free. No two of a bucket are the same */
	__u32 lock;               /* 1: being changed */
	__u32 away;  /* flows whose first bucket this is and that are in their second */
	__u8 guests; /* bit n: way n is one whose first bucket is another */
	__u8 pad[7];
	__u32 home[LBX_FLOW_WAYS]; /* of guests: their first bucket */
	struct lbx_flow entry[LBX_FLOW_WAYS];
};

_Static_assert(offsetof(struct lbx_flow_bucket, entry) == 64, "tags: one cache line");
_Static_assert(sizeof(struct lbx_flow) % 8 == 0, "whole words");
_Static_assert(offsetof(struct lbx_flow, key) + sizeof(struct lbx_flow_key) ==
		       sizeof(struct lbx_flow),
	       "the key ends an entry");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "where the stamp is in its word");

/*
 * Mappable: user space reads it without a system call for each entry, and buckets begin
 * with a cache line. One element more than there are buckets: the last one keeps the
 * secret (lbx_flow_secret) beside the flows that it placed, for who loads programs next.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LBX_FLOW_BUCKETS + 1);
	__type(key, __u32);
	__type(value, struct lbx_flow_bucket);
} lbx_flow_set SEC(".maps");

/* What was loaded or stored before comes before what comes after. */
static __always_inline void flow_table_fence(void)
{
	if (lbx_weak_order) {
		__u64 nothing = 0;

		nothing = __sync_val_compare_and_swap(&nothing, 0, 1);
		asm volatile("" ::"r"(nothing));
	}
	barrier();
}

static __always_inline struct lbx_flow_bucket *flow_table_bucket(__u32 index)
{
	return bpf_map_lookup_elem(&lbx_flow_set, &index);
}

/* The word that ends an entry: ports, protocol, direction and the stamp. */
static __always_inline volatile mem_u64 *flow_table_word(struct lbx_flow *flow)
{
	return (volatile mem_u64 *)&flow->key + LBX_FLOW_KEY_REST;
}

/* 0, which the verifier does not know. */
static volatile __u32 flow_table_zero;

/*
 * The way that has `tag`, or -1. Branches are foreseen, so that the entry is read before
 * the tags are compared; all eight at once by arithmetic took longer. To the verifier
 * the result is one unknown number: it need not follow eight paths from here on.
 */
static __always_inline int flow_table_way(const struct lbx_flow_bucket *bucket, __u16 tag)
{
	__u32 way = 0;

#pragma unroll
	for (__u32 i = 0; i < LBX_FLOW_WAYS; i++) {
		way = i;
		if (*(const volatile __u16 *)&bucket->tag[i] == tag)
			goto found;
	}
	return -1;
found:
	return (way ^ flow_table_zero) & (LBX_FLOW_WAYS - 1);
}

static __always_inline struct lbx_flow *flow_table_entry(struct lbx_flow_bucket *bucket, __u32 way)
{
	barrier_var(way); /* or clang drops the mask, which the verifier needs */
	return &bucket->entry[way & (LBX_FLOW_WAYS - 1)];
}

/* Fetch an entry that will be used soon, for certain or likely; waits for nothing. */
static __always_inline void flow_table_fetch(struct lbx_flow *flow)
{
	*flow_table_word(flow);
}

/* Is `word`, the last of the entry's key, that of `key`, whatever the stamps? */
static __always_inline _Bool flow_table_equal(const struct lbx_flow *flow, __u64 word,
					      const struct lbx_flow_key *key)
{
	const mem_u64 *have = (const mem_u64 *)&flow->key, *want = (const mem_u64 *)key;
	__u64 differ = (word ^ want[LBX_FLOW_KEY_REST]) & ~LBX_FLOW_STAMP;

#pragma unroll
	for (__u32 i = 0; i < LBX_FLOW_KEY_REST; i++)
		differ |= have[i] ^ want[i];
	return !differ;
}

/*
 * The flow of `key` in a bucket; `key` gets its stamp, as if nobody wrote or held it.
 * The word is read before all else of the entry: flow_table_is() finds it unchanged
 * only if all of that was read of the same flow.
 */
static __always_inline struct lbx_flow *flow_table_find_at(struct lbx_flow_bucket *bucket, int way,
							   struct lbx_flow_key *key)
{
	struct lbx_flow *flow;
	__u64 word;

	if (way < 0)
		return NULL;
	flow = flow_table_entry(bucket, way);
	word = *flow_table_word(flow);
	flow_table_fence();
	if (!flow_table_equal(flow, word, key))
		return NULL;
	((mem_u64 *)key)[LBX_FLOW_KEY_REST] = word & ~(LBX_FLOW_WRITING | LBX_FLOW_HELD);
	return flow;
}

/* The way of the first bucket that has the tag of `place`: that which the hash names, most of the
 * time. */
static __always_inline int flow_table_way_at(const struct lbx_flow_bucket *first,
					     const struct lbx_flow_place *place)
{
	__u32 way = place->way;

	barrier_var(way);
	way &= LBX_FLOW_WAYS - 1;
	if (*(const volatile __u16 *)&first->tag[way] == place->tag)
		return way;
	return flow_table_way(first, place->tag);
}

/*
 * The way of the first bucket that a flow of `place`, which is not there, would be put into;
 * -1: none is free.
 */
static __always_inline int flow_table_free_way(const struct lbx_flow_bucket *first,
					       const struct lbx_flow_place *place)
{
	__u32 way = place->way;

	barrier_var(way);
	way &= LBX_FLOW_WAYS - 1;
	return *(const volatile __u16 *)&first->tag[way] ? flow_table_way(first, 0) : (int)way;
}

/*
 * The flow of `key`, or NULL. `fetch`: then a flow of `key` will be made, and the place
 * that it will likely get is fetched; everything until then hides the wait for it.
 */
static __always_inline struct lbx_flow *flow_table_find(struct lbx_flow_key *key, const _Bool fetch)
{
	struct lbx_flow_bucket *first, *second;
	struct lbx_flow_place place;
	struct lbx_flow *flow;

	flow_place(key, &place);
	first = flow_table_bucket(place.first);
	if (!first)
		return NULL;
	flow_table_fetch(flow_table_entry(first, place.way));
	flow = flow_table_find_at(first, flow_table_way_at(first, &place), key);
	if (flow)
		return flow;
	if (*(volatile __u32 *)&first->away) {
		second = flow_table_bucket(place.second);
		flow = second ? flow_table_find_at(second, flow_table_way(second, place.tag), key)
			      : NULL;
	}
	if (fetch && !flow) {
		int way = flow_table_free_way(first, &place);

		flow_table_fetch(flow_table_entry(first, way < 0 ? 0 : way));
	}
	return flow;
}

/* Was what was read of `flow` since flow_table_find(key) of one piece, and that flow's? */
static __always_inline _Bool flow_table_is(struct lbx_flow *flow, const struct lbx_flow_key *key)
{
	flow_table_fence();
	return (*flow_table_word(flow) & ~LBX_FLOW_HELD) ==
	       ((const mem_u64 *)key)[LBX_FLOW_KEY_REST];
}

#define LBX_FLOW_HOLD_TRIES 4

/* Keep the entry this flow's until flow_table_release(). 0: it no longer is, or others hold it. */
static __always_inline _Bool flow_table_hold(struct lbx_flow *flow, const struct lbx_flow_key *key)
{
	__u64 free = ((const mem_u64 *)key)[LBX_FLOW_KEY_REST];

	for (int i = 0; i < LBX_FLOW_HOLD_TRIES; i++) {
		__u64 seen = __sync_val_compare_and_swap((mem_u64 *)flow_table_word(flow), free,
							 free | LBX_FLOW_HELD);

		if (seen == free)
			return 1;
		if (seen != (free | LBX_FLOW_HELD))
			return 0;
	}
	return 0;
}

static __always_inline void flow_table_release(struct lbx_flow *flow,
					       const struct lbx_flow_key *key)
{
	flow_table_fence();
	*flow_table_word(flow) = ((const mem_u64 *)key)[LBX_FLOW_KEY_REST];
}

#endif
