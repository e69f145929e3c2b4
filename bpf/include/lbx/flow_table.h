// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * flow_table.h - the flow table as an array of buckets: adding and removing flows.
 *
 * (Finding them, and what a bucket is: flow_bucket.h.)
 *
 * A flow goes to its first bucket while that has a free way or one whose flow is
 * over, else to its second. When that is full too, one of the sixteen flows goes:
 * the longest silent of those that are not confirmed (a flood of SYNs displaces its
 * own), or, when all are confirmed, the longest silent. That flow is not lost for
 * good: its next packet makes it again, from its other half where it has one.
 *
 * Changes of a flow are made under the lock of its first bucket, so that two CPUs
 * never make the same one twice; and under that of the bucket it is in. Both are
 * waited for a bounded time, a few microseconds: then -EBUSY. So two CPUs that wait
 * for each other's bucket, or a CPU that the hypervisor stopped, cost packets and
 * never the machine.
 */
#ifndef LBX_FLOW_TABLE_H
#define LBX_FLOW_TABLE_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/clock.h>
#include <lbx/flow_bucket.h>
#include <lbx/flow_hash.h>
#include <lbx/flow_state.h>
#include <lbx/mem.h>

#define LBX_FLOW_WAIT_TURNS  256 /* of a nanosecond or two */
#define LBX_FLOW_WAIT_ROUNDS 4
#define LBX_FLOW_BEGIN_TRIES 16 /* who holds an entry stores a few words */

/* In the last word of a key: a direction that no flow has. */
#define LBX_FLOW_NOBODY 0x0000ff0000000000ULL

#define LBX_FLOW_EXISTS (-17) /* EEXIST */
#define LBX_FLOW_BUSY   (-16) /* EBUSY */

/* Tests define these: time of their own, and moments in which another CPU may come in between. */
#ifndef flow_table_now
#define flow_table_now() clock_now()
#endif
#ifndef flow_table_pause
#define flow_table_pause()
#endif

/* How much a way deserves to be used: these, or the age of its flow in jiffies. */
#define LBX_FLOW_RANK_FREE        (3ULL << 32)
#define LBX_FLOW_RANK_EXPIRED     (2ULL << 32)
#define LBX_FLOW_RANK_UNCONFIRMED (1ULL << 32) /* plus the age */

/*
 * A place that a flow may take: its first bucket << 32, its tag << 16, the way, and these.
 * Buckets are fewer than 2^31.
 */
#define LBX_FLOW_PLACE_SAME   0x100 /* where it is already */
#define LBX_FLOW_PLACE_FREE   0x200
#define LBX_FLOW_PLACE_EVICTS 0x400  /* the flow that is there was not over */
#define LBX_FLOW_PLACE_GUEST  0x800  /* in the second bucket */
#define LBX_FLOW_PLACE_LOCKED 0x1000 /* which is locked as well */

/* Wait for the lock, for a bounded time: some microseconds. */
__noinline int flow_table_wait(struct lbx_flow_bucket *bucket)
{
	if (!bucket)
		return 0;
	for (int round = 0; round < LBX_FLOW_WAIT_ROUNDS; round++) {
		for (int turn = 0; turn < LBX_FLOW_WAIT_TURNS; turn++)
			if (!*(volatile __u32 *)&bucket->lock)
				break;
		if (!__sync_val_compare_and_swap(&bucket->lock, 0, 1))
			return 1;
	}
	return 0;
}

static __always_inline _Bool flow_table_lock(struct lbx_flow_bucket *bucket)
{
	return !__sync_val_compare_and_swap(&bucket->lock, 0, 1) || flow_table_wait(bucket);
}

static __always_inline void flow_table_unlock(struct lbx_flow_bucket *bucket)
{
	flow_table_pause();
	flow_table_fence();
	*(volatile __u32 *)&bucket->lock = 0;
}

/* How much the flow of an entry deserves to go: LBX_FLOW_RANK_*. */
static __always_inline __u64 flow_table_rank(const struct lbx_flow *flow, __u32 now)
{
	__u64 age = flow_age(flow->last_seen, now);

	if (age > flow_timeout(flow->key.proto, flow->flags))
		return LBX_FLOW_RANK_EXPIRED;
	return flow->flags & LBX_FLOW_CONFIRMED ? age : age | LBX_FLOW_RANK_UNCONFIRMED;
}

/*
 * The way that a new flow of `tag` may have in a bucket that is locked: its rank << 3 |
 * way. A way whose flow has the same tag is the only choice, because a tag stands for
 * one flow only.
 */
__noinline __u64 flow_table_choose(struct lbx_flow_bucket *bucket, __u32 tag)
{
	__u32 now = flow_table_now();
	__u64 best = 0;
	int way;

	if (!bucket)
		return 0;
	way = flow_table_way(bucket, tag);
	if (way >= 0)
		return flow_table_rank(flow_table_entry(bucket, way), now) << 3 | (__u32)way;
	way = flow_table_way(bucket, 0);
	if (way >= 0)
		return LBX_FLOW_RANK_FREE << 3 | (__u32)way;
	for (int i = 0; i < LBX_FLOW_WAYS; i++) {
		__u64 rank = flow_table_rank(&bucket->entry[i], now) << 3 | (__u32)i;

		rank ^= flow_table_zero; /* one unknown number, on however many paths */

		if (rank > best)
			best = rank;
		if (rank >= LBX_FLOW_RANK_EXPIRED << 3)
			break;
	}
	return best;
}

/* The way of `key` in a bucket, or -1. Its bucket, or its first, is locked. */
static __always_inline int flow_table_way_of(struct lbx_flow_bucket *bucket, __u16 tag,
					     const struct lbx_flow_key *key)
{
	int way = flow_table_way(bucket, tag);
	struct lbx_flow *flow;

	if (way < 0)
		return -1;
	flow = flow_table_entry(bucket, way);
	return flow_table_equal(flow, *flow_table_word(flow), key) ? way : -1;
}

/* Begin to change an entry whose bucket is locked: nobody holds it from now on. */
static __always_inline _Bool flow_table_begin(struct lbx_flow *flow, __u64 *word)
{
	for (int i = 0; i < LBX_FLOW_BEGIN_TRIES; i++) {
		__u64 seen = *flow_table_word(flow) & ~LBX_FLOW_HELD;

		if (__sync_val_compare_and_swap((mem_u64 *)flow_table_word(flow), seen,
						seen | LBX_FLOW_WRITING) == seen) {
			*word = seen;
			return 1;
		}
	}
	return 0;
}

/* The entry is `rest` (the last word of its key) from now on. */
static __always_inline void flow_table_end(struct lbx_flow *flow, __u64 word, __u64 rest)
{
	flow_table_pause();
	flow_table_fence();
	*flow_table_word(flow) =
		(rest & ~LBX_FLOW_STAMP) | ((word + LBX_FLOW_CHANGE) & LBX_FLOW_COUNT);
}

/* The flow in that way, which is to go, was away from its first bucket: no longer. */
static __always_inline void flow_table_forget_guest(struct lbx_flow_bucket *bucket, __u32 way)
{
	struct lbx_flow_bucket *home;

	way &= LBX_FLOW_WAYS - 1;
	if (!(bucket->guests >> way & 1))
		return;
	home = flow_table_bucket(bucket->home[way]);
	if (home)
		__sync_fetch_and_sub(&home->away, 1);
	bucket->guests &= ~(1 << way);
}

/* Readers find the entry by that tag from now on, complete as it is. */
static __always_inline void flow_table_set_tag(struct lbx_flow_bucket *bucket, __u32 way, __u16 tag)
{
	flow_table_fence();
	barrier_var(way);
	*(volatile __u16 *)&bucket->tag[way & (LBX_FLOW_WAYS - 1)] = tag;
}

/* The second bucket of a flow, or NULL if it is the first one too. */
static __always_inline struct lbx_flow_bucket *flow_table_second(const struct lbx_flow_place *place)
{
	return place->second == place->first ? NULL : flow_table_bucket(place->second);
}

/* A place in the second bucket, which is locked, if it is better than `chosen`. */
static __always_inline __u32 flow_table_choose_second(struct lbx_flow_bucket *second, __u16 tag,
						      const struct lbx_flow_key *key, __u64 *chosen)
{
	int way = flow_table_way_of(second, tag, key);
	__u64 other;

	if (way >= 0) {
		*chosen = LBX_FLOW_RANK_FREE << 3 | (__u32)way;
		return LBX_FLOW_PLACE_SAME | LBX_FLOW_PLACE_GUEST;
	}
	other = flow_table_choose(second, tag);
	if (other >> 3 <= *chosen >> 3)
		return 0;
	*chosen = other;
	return LBX_FLOW_PLACE_GUEST;
}

/*
 * The first bucket's way for a new flow, at once where one is free; else as
 * flow_table_choose(). `same`: the way with the flow's tag, which is another flow's, or -1.
 */
static __always_inline __u64 flow_table_choose_first(struct lbx_flow_bucket *first,
						     const struct lbx_flow_place *place, int same)
{
	int way = same < 0 ? flow_table_free_way(first, place) : -1;

	return way < 0 ? flow_table_choose(first, place->tag)
		       : LBX_FLOW_RANK_FREE << 3 | (__u32)way;
}

/* flow_table_take() with the first bucket locked: without first bucket and tag. */
static __always_inline int flow_table_take_locked(struct lbx_flow_bucket *first,
						  const struct lbx_flow_place *place,
						  const struct lbx_flow_key *key, _Bool over)
{
	struct lbx_flow_bucket *second = NULL;
	int way = flow_table_way_at(first, place);
	__u64 chosen = 0;
	__u32 taken = 0;

	if (way >= 0) {
		struct lbx_flow *flow = flow_table_entry(first, way);

		if (flow_table_equal(flow, *flow_table_word(flow), key))
			return over ? (int)(LBX_FLOW_PLACE_SAME | (__u32)way) : LBX_FLOW_EXISTS;
	}
	if (*(volatile __u32 *)&first->away) {
		second = flow_table_second(place);
		if (second && flow_table_way_of(second, place->tag, key) >= 0) {
			if (!over)
				return LBX_FLOW_EXISTS;
			taken = LBX_FLOW_PLACE_SAME;
		}
	}
	if (!taken)
		chosen = flow_table_choose_first(first, place, way);
	if (chosen >> 3 < LBX_FLOW_RANK_EXPIRED) {
		second = flow_table_second(place);
		if (second && flow_table_lock(second)) {
			taken = flow_table_choose_second(second, place->tag, key, &chosen);
			if (taken) {
				taken |= LBX_FLOW_PLACE_LOCKED;
			} else {
				flow_table_unlock(second);
				/* It was there, but has gone meanwhile. */
				if (!chosen)
					chosen = flow_table_choose(first, place->tag);
			}
		} else if (taken) {
			return LBX_FLOW_BUSY;
		}
	}
	if (taken & LBX_FLOW_PLACE_SAME)
		return taken | (chosen & (LBX_FLOW_WAYS - 1));
	if (chosen >> 3 < LBX_FLOW_RANK_EXPIRED)
		taken |= LBX_FLOW_PLACE_EVICTS;
	if (chosen >> 3 == LBX_FLOW_RANK_FREE)
		taken |= LBX_FLOW_PLACE_FREE;
	return taken | (chosen & (LBX_FLOW_WAYS - 1));
}

/*
 * The place where the flow of `key` shall be made: LBX_FLOW_PLACE_*, and its bucket and
 * its first bucket are locked until flow_table_put(). Or LBX_FLOW_EXISTS, unless `over`;
 * or LBX_FLOW_BUSY: others were at it all the time.
 */
__noinline long flow_table_take(const struct lbx_flow_key *key, __u32 over)
{
	struct lbx_flow_bucket *first;
	struct lbx_flow_place place;
	int taken;

	if (!key)
		return LBX_FLOW_BUSY;
	flow_place(key, &place);
	first = flow_table_bucket(place.first);
	if (!first || !flow_table_lock(first))
		return LBX_FLOW_BUSY;
	taken = flow_table_take_locked(first, &place, key, over);
	if (taken >= 0)
		return (long)((__u64)place.first << 32 | (__u32)place.tag << 16 | (__u32)taken);
	flow_table_unlock(first);
	return taken;
}

/* Write a flow over what is in its place. 0: that was held all the time. */
static __always_inline _Bool flow_table_write(struct lbx_flow_bucket *bucket,
					      struct lbx_flow_bucket *first,
					      const struct lbx_flow *flow, __u64 taken)
{
	__u32 way = taken & (LBX_FLOW_WAYS - 1);
	struct lbx_flow *to = flow_table_entry(bucket, way);
	__u64 word = *flow_table_word(to);

	/* Who had a pointer to a free way was told that it is nobody's when it became free. */
	if (!(taken & LBX_FLOW_PLACE_FREE) && !flow_table_begin(to, &word))
		return 0;
	flow_table_pause();
	if (!(taken & LBX_FLOW_PLACE_SAME)) {
		flow_table_forget_guest(bucket, way);
		if (taken & LBX_FLOW_PLACE_GUEST) {
			/* Before the tag: who looks into the first only has come too early. */
			__sync_fetch_and_add(&first->away, 1);
			bucket->home[way] = taken >> 32;
			bucket->guests |= 1 << way;
		}
	}
	mem_copy8(to, flow, sizeof(*flow) / 16 * 8);
	flow_table_pause();
	mem_copy8((void *)to + sizeof(*flow) / 16 * 8, (void *)flow + sizeof(*flow) / 16 * 8,
		  sizeof(*flow) - 8 - sizeof(*flow) / 16 * 8);
	flow_table_end(to, word, *(const mem_u64 *)&flow->key.sport);
	flow_table_set_tag(bucket, way, taken >> 16);
	return 1;
}

/*
 * Put a flow (its key too) into the place that flow_table_take() took for it. 0; 1: as 0,
 * but another flow, which was not over, lost its place; LBX_FLOW_BUSY.
 */
__noinline int flow_table_put(const struct lbx_flow *flow, __u64 taken)
{
	struct lbx_flow_bucket *first = flow_table_bucket(taken >> 32), *bucket = first;
	int result = LBX_FLOW_BUSY;

	if (!flow || !first)
		return LBX_FLOW_BUSY;
	if (taken & LBX_FLOW_PLACE_GUEST) {
		struct lbx_flow_place place;

		flow_place(&flow->key, &place);
		bucket = flow_table_bucket(place.second);
		if (!bucket)
			return LBX_FLOW_BUSY;
	}
	if (flow_table_write(bucket, first, flow, taken))
		result = !!(taken & LBX_FLOW_PLACE_EVICTS);
	if (taken & LBX_FLOW_PLACE_LOCKED)
		flow_table_unlock(bucket);
	flow_table_unlock(first);
	return result;
}

/* Make the flow of flow->key, or with `over` make it anew: as flow_table_put(), or LBX_FLOW_EXISTS.
 */
static __always_inline int flow_table_make(const struct lbx_flow *flow, _Bool over)
{
	long taken = flow_table_take(&flow->key, over);

	return taken < 0 ? taken : flow_table_put(flow, taken);
}

/* Nobody's entry from now on; who still has a pointer to it is told so. */
static __always_inline int flow_table_clear(struct lbx_flow_bucket *bucket, __u32 way)
{
	struct lbx_flow *flow = flow_table_entry(bucket, way);
	__u64 word;

	if (!flow_table_begin(flow, &word))
		return LBX_FLOW_BUSY;
	flow_table_set_tag(bucket, way, 0);
	flow_table_forget_guest(bucket, way);
	flow_table_end(flow, word, word | LBX_FLOW_NOBODY);
	return 1;
}

/* Remove the flow of `key`: 1; or 0 if there is none, or LBX_FLOW_BUSY. */
__noinline int flow_table_remove(const struct lbx_flow_key *key)
{
	struct lbx_flow_bucket *first, *second;
	struct lbx_flow_place place;
	int way, result = 0;

	if (!key)
		return LBX_FLOW_BUSY;
	flow_place(key, &place);
	first = flow_table_bucket(place.first);
	if (!first || !flow_table_lock(first))
		return LBX_FLOW_BUSY;
	way = flow_table_way_of(first, place.tag, key);
	second = flow_table_second(&place);
	if (way >= 0) {
		result = flow_table_clear(first, way);
	} else if (second && *(volatile __u32 *)&first->away) {
		result = LBX_FLOW_BUSY;
		if (flow_table_lock(second)) {
			way = flow_table_way_of(second, place.tag, key);
			result = way >= 0 ? flow_table_clear(second, way) : 0;
			flow_table_unlock(second);
		}
	}
	flow_table_unlock(first);
	return result;
}

/* Is there a flow in that way, and is it over? 1: no, 2: yes, 0: there is none. */
__noinline int flow_table_look(struct lbx_flow_bucket *bucket, __u32 way)
{
	way &= LBX_FLOW_WAYS - 1;
	if (!bucket || !*(volatile __u16 *)&bucket->tag[way])
		return 0;
	return flow_table_rank(flow_table_entry(bucket, way), flow_table_now()) ==
			       LBX_FLOW_RANK_EXPIRED
		       ? 2
		       : 1;
}

/* Take the flows of a bucket out that are over: how many are left | how many went << 8. */
__noinline int flow_table_sweep(struct lbx_flow_bucket *bucket)
{
	__u32 used = 0, over = 0, freed = 0;

	if (!bucket)
		return 0;
	for (__u32 way = 0; way < LBX_FLOW_WAYS; way++) {
		int found = flow_table_look(bucket, way);

		used += found & 1;
		over += found >> 1 & 1;
	}
	/* Being changed: its turn comes again. */
	if (!over || __sync_val_compare_and_swap(&bucket->lock, 0, 1))
		return used + over;
	used += over;
	for (__u32 way = 0; way < LBX_FLOW_WAYS; way++)
		if (flow_table_look(bucket, way) == 2 && flow_table_clear(bucket, way) > 0)
			freed++;
	flow_table_unlock(bucket);
	return (used > freed ? used - freed : 0) | freed << 8;
}

#endif
