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

#define LBX_FLOW_LOCK_TRIES 512

/* In the last word of a key: a direction that no flow has. */
#define LBX_FLOW_NOBODY 0x0000ff0000000000ULL

#define LBX_FLOW_EXISTS (-17) /* EEXIST */
#define LBX_FLOW_BUSY   (-16) /* EBUSY */

/* For tests, to make what happens at the same time last longer. */
#ifndef flow_table_pause
#define flow_table_pause()
#endif

/* How much a way deserves to be used: these, or the age of its flow in jiffies. */
#define LBX_FLOW_RANK_FREE        (3ULL << 32)
#define LBX_FLOW_RANK_EXPIRED     (2ULL << 32)
#define LBX_FLOW_RANK_UNCONFIRMED (1ULL << 32) /* plus the age */

/* Wait for the lock, for a bounded time. A global function, verified by itself. */
__noinline int flow_table_wait(struct lbx_flow_bucket *bucket)
{
	if (!bucket)
		return 0;
	for (int i = 0; i < LBX_FLOW_LOCK_TRIES; i++)
		if (!*(volatile __u32 *)&bucket->lock &&
		    !__sync_val_compare_and_swap(&bucket->lock, 0, 1))
			return 1;
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

/*
 * The way that a new flow of `tag` may have: its rank << 3 | way. A way whose flow has
 * the same tag is the only choice, because a tag stands for one flow only.
 * A global function, verified by itself: what it chose is one unknown number.
 */
__noinline __u64 flow_table_choose(struct lbx_flow_bucket *bucket, __u32 tag, __u32 now)
{
	__u64 best = 0;
	int way, same;

	if (!bucket)
		return 0;
	same = flow_table_way(bucket, tag);
	way = flow_table_way(bucket, 0);
	if (same < 0 && way >= 0)
		return LBX_FLOW_RANK_FREE << 3 | (__u32)way;
	for (int i = 0; i < LBX_FLOW_WAYS; i++) {
		const struct lbx_flow *flow = &bucket->entry[i];
		__u64 rank = flow_age(flow->last_seen, now);

		if (same >= 0 && i != same)
			continue;
		if (rank > flow_timeout(flow->key.proto, flow->flags))
			return LBX_FLOW_RANK_EXPIRED << 3 | (__u32)i;
		if (!(flow->flags & LBX_FLOW_CONFIRMED))
			rank |= LBX_FLOW_RANK_UNCONFIRMED;
		if ((rank << 3) >= best)
			best = rank << 3 | (__u32)i;
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
	for (int i = 0; i < LBX_FLOW_HOLD_TRIES; i++) {
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
	struct lbx_flow_place place;

	if (!(bucket->guests >> way & 1))
		return;
	flow_place(&flow_table_entry(bucket, way)->key, &place);
	home = flow_table_bucket(place.first);
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

/*
 * Put a flow into a way of a bucket that is locked. `is_same`: over the same flow.
 * `home` is its first bucket if it is to be a guest here.
 */
static __always_inline _Bool flow_table_write(struct lbx_flow_bucket *bucket, __u32 way, __u16 tag,
					      const struct lbx_flow_key *key,
					      const struct lbx_flow *flow, _Bool is_same,
					      struct lbx_flow_bucket *home)
{
	struct lbx_flow *to = flow_table_entry(bucket, way);
	__u64 word;

	if (!flow_table_begin(to, &word))
		return 0;
	flow_table_pause();
	if (!is_same) {
		flow_table_forget_guest(bucket, way);
		if (home) {
			/* Before the tag: who looks into the first only has come too early. */
			__sync_fetch_and_add(&home->away, 1);
			bucket->guests |= 1 << way;
		}
	}
	mem_copy8(to, flow, offsetof(struct lbx_flow, key));
	flow_table_pause();
	mem_copy8(&to->key, key, LBX_FLOW_KEY_REST * 8);
	flow_table_end(to, word, ((const mem_u64 *)key)[LBX_FLOW_KEY_REST]);
	flow_table_set_tag(bucket, way, tag);
	return 1;
}

static __always_inline int flow_table_put_locked(struct lbx_flow_bucket *first,
						 const struct lbx_flow_place *place,
						 const struct lbx_flow_key *key,
						 const struct lbx_flow *flow, __u32 now, _Bool over)
{
	struct lbx_flow_bucket *bucket = first, *home = NULL, *second = NULL, *locked = NULL;
	_Bool in_second = 0, is_same, is_written;
	__u64 chosen = LBX_FLOW_RANK_FREE << 3;
	int way;

	if (place->second != place->first)
		second = flow_table_bucket(place->second);
	way = flow_table_way_of(first, place->tag, key);
	if (way < 0 && second && *(volatile __u32 *)&first->away)
		in_second = flow_table_way_of(second, place->tag, key) >= 0;
	if ((way >= 0 || in_second) && !over)
		return LBX_FLOW_EXISTS;

	if (way < 0)
		chosen = flow_table_choose(first, place->tag, now);
	if (second && (in_second || chosen >> 3 < LBX_FLOW_RANK_EXPIRED)) {
		if (flow_table_lock(second))
			locked = second;
		else if (in_second)
			return LBX_FLOW_BUSY;
	}
	if (locked) {
		way = flow_table_way_of(locked, place->tag, key);
		if (way >= 0) {
			bucket = locked;
			chosen = LBX_FLOW_RANK_FREE << 3;
		} else {
			__u64 other = flow_table_choose(locked, place->tag, now);

			if (other >> 3 > chosen >> 3) {
				bucket = locked;
				home = first;
				chosen = other;
			}
		}
	}
	is_same = way >= 0;
	is_written = flow_table_write(bucket, is_same ? (__u32)way : chosen & (LBX_FLOW_WAYS - 1),
				      place->tag, key, flow, is_same, home);
	if (locked)
		flow_table_unlock(locked);
	if (!is_written)
		return LBX_FLOW_BUSY;
	return chosen >> 3 < LBX_FLOW_RANK_EXPIRED;
}

/*
 * Make the flow of `key`: 0, or LBX_FLOW_EXISTS, unless `over`: then take the place of
 * the one that is there. 1: as 0, but another flow, which was not over, lost its
 * place. LBX_FLOW_BUSY: others were at it all the time.
 */
__noinline int flow_table_put(const struct lbx_flow_key *key, const struct lbx_flow *flow,
			      __u32 now, __u32 over)
{
	struct lbx_flow_bucket *first;
	struct lbx_flow_place place;
	int result;

	if (!key || !flow)
		return LBX_FLOW_BUSY;
	flow_place(key, &place);
	first = flow_table_bucket(place.first);
	if (!first || !flow_table_lock(first))
		return LBX_FLOW_BUSY;
	result = flow_table_put_locked(first, &place, key, flow, now, over);
	flow_table_unlock(first);
	return result;
}

/* Nobody's entry from now on; who still has a pointer to it is told so. */
static __always_inline _Bool flow_table_clear(struct lbx_flow_bucket *bucket, __u32 way)
{
	struct lbx_flow *flow = flow_table_entry(bucket, way);
	__u64 word;

	if (!flow_table_begin(flow, &word))
		return 0;
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
	if (way >= 0) {
		result = flow_table_clear(first, way) ? 1 : LBX_FLOW_BUSY;
	} else if (*(volatile __u32 *)&first->away && place.second != place.first) {
		second = flow_table_bucket(place.second);
		if (second && flow_table_lock(second)) {
			way = flow_table_way_of(second, place.tag, key);
			if (way >= 0)
				result = flow_table_clear(second, way) ? 1 : LBX_FLOW_BUSY;
			flow_table_unlock(second);
		} else {
			result = LBX_FLOW_BUSY;
		}
	}
	flow_table_unlock(first);
	return result;
}

#endif
