// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * flow.h - the flow table: a packet's 5-tuple -> everything its rewrite needs.
 *
 * Two tables can be behind flow_find() and its kin, and nothing else touches them:
 * the kernel's LRU hash, or our own buckets (flow_table.h). The map of the other one
 * has a single element then.
 *
 * Both give places away at once: a pointer from flow_find() may turn into another
 * flow while it is read. Copy what is needed, then ask flow_is() whether it was the
 * right one all the time; hold it while more than one word of it is changed.
 */
#ifndef LBX_FLOW_H
#define LBX_FLOW_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/family.h>
#include <lbx/flow_state.h>
#include <lbx/flow_table.h>
#include <lbx/mem.h>
#include <lbx/reasons.h>

#define LBX_FLOWS 262144

#define LBX_FLOW_TABLE_LRU     0
#define LBX_FLOW_TABLE_BUCKETS 1

/* Which table: LBX_FLOW_TABLE_*. The same in all programs that share flows. */
const volatile __u8 lbx_flow_table = LBX_FLOW_TABLE_LRU;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LBX_FLOWS);
	__type(key, struct lbx_flow_key);
	__type(value, struct lbx_flow);
} lbx_flow SEC(".maps");

/* The flow of `key`, whose pad is given what flow_is() and flow_hold() compare. */
static __always_inline struct lbx_flow *flow_find(const struct lbx_flow_key *key)
{
	if (lbx_flow_table == LBX_FLOW_TABLE_BUCKETS)
		return flow_table_find((struct lbx_flow_key *)key, 0);
	return bpf_map_lookup_elem(&lbx_flow, key);
}

/* The same for who will make the flow if there is none: its place is fetched. */
static __always_inline struct lbx_flow *flow_find_or_fetch(const struct lbx_flow_key *key)
{
	if (lbx_flow_table == LBX_FLOW_TABLE_BUCKETS)
		return flow_table_find((struct lbx_flow_key *)key, 1);
	return bpf_map_lookup_elem(&lbx_flow, key);
}

/* Was `flow` the entry of `key` since it was found, and is now? */
static __always_inline _Bool flow_is(const struct lbx_flow *flow, const struct lbx_flow_key *key)
{
	if (lbx_flow_table == LBX_FLOW_TABLE_BUCKETS)
		return flow_table_is((struct lbx_flow *)flow, key);
	barrier();
	return mem_equal_by(&flow->key, key, sizeof(*key), 8);
}

/*
 * Keep the entry this flow's until flow_release(), a moment later; 0: it no longer is,
 * or another CPU holds it. (The LRU cannot promise it.)
 */
static __always_inline _Bool flow_hold(struct lbx_flow *flow, const struct lbx_flow_key *key)
{
	if (lbx_flow_table == LBX_FLOW_TABLE_BUCKETS)
		return flow_table_hold(flow, key);
	return flow_is(flow, key);
}

static __always_inline void flow_release(struct lbx_flow *flow, const struct lbx_flow_key *key)
{
	if (lbx_flow_table == LBX_FLOW_TABLE_BUCKETS)
		flow_table_release(flow, key);
}

/*
 * What a packet tells of a flow that was found: it lives, and these flags. Another CPU
 * may tell it of its own packet at the same time. Nothing if it is no longer that flow's.
 */
static __always_inline void flow_tell(struct lbx_flow *flow, const struct lbx_flow_key *key,
				      __u8 flags, __u32 last_seen)
{
	if (!flow_hold(flow, key))
		return;
	flow->flags |= flags;
	flow->last_seen = last_seen;
	flow_release(flow, key);
}

static __always_inline long flow_make(const struct lbx_flow *flow, _Bool over)
{
	int result = flow_table_make(flow, over);

	if (result > 0)
		reasons_note(LBX_NOTE_FLOW_EVICTED);
	return result < 0 ? result : 0;
}

/* Of flow->key == *key. 0, or -EEXIST when another CPU was faster, or another negative errno. */
static __always_inline long flow_insert(const struct lbx_flow_key *key, const struct lbx_flow *flow)
{
	if (lbx_flow_table == LBX_FLOW_TABLE_BUCKETS)
		return flow_make(flow, 0);
	return bpf_map_update_elem(&lbx_flow, key, flow, BPF_NOEXIST);
}

/* Insert, or take the place of what is there. */
static __always_inline long flow_replace(const struct lbx_flow_key *key,
					 const struct lbx_flow *flow)
{
	if (lbx_flow_table == LBX_FLOW_TABLE_BUCKETS)
		return flow_make(flow, 1);
	return bpf_map_update_elem(&lbx_flow, key, flow, BPF_ANY);
}

static __always_inline void flow_remove(const struct lbx_flow_key *key)
{
	if (lbx_flow_table == LBX_FLOW_TABLE_BUCKETS)
		flow_table_remove(key);
	else
		bpf_map_delete_elem(&lbx_flow, key);
}

#endif
