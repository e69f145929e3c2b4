// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * flow.h - the flow table: a packet's 5-tuple -> everything its rewrite needs.
 *
 * The table is the kernel's LRU hash behind flow_find(), flow_insert(),
 * flow_replace() and flow_remove(); nothing else touches it, so that another
 * table can take its place.
 *
 * The LRU recycles entries at once: a pointer from flow_find() may turn into
 * another flow while it is read. Copy what is needed, then ask flow_is() whether
 * it was still the right one.
 */
#ifndef LBX_FLOW_H
#define LBX_FLOW_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/family.h>
#include <lbx/flow_state.h>
#include <lbx/mem.h>

#define LBX_FLOWS 262144

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LBX_FLOWS);
	__type(key, struct lbx_flow_key);
	__type(value, struct lbx_flow);
} lbx_flow SEC(".maps");

static __always_inline struct lbx_flow *flow_find(const struct lbx_flow_key *key)
{
	return bpf_map_lookup_elem(&lbx_flow, key);
}

/* Is `flow` (still) the entry of `key`? */
static __always_inline _Bool flow_is(const struct lbx_flow *flow, const struct lbx_flow_key *key)
{
	barrier();
	return mem_equal_by(&flow->key, key, sizeof(*key), 8);
}

/* 0, or -EEXIST when another CPU was faster, or another negative errno. */
static __always_inline long flow_insert(const struct lbx_flow_key *key, const struct lbx_flow *flow)
{
	return bpf_map_update_elem(&lbx_flow, key, flow, BPF_NOEXIST);
}

/* Insert, or take the place of what is there. */
static __always_inline long flow_replace(const struct lbx_flow_key *key,
					 const struct lbx_flow *flow)
{
	return bpf_map_update_elem(&lbx_flow, key, flow, BPF_ANY);
}

static __always_inline void flow_remove(const struct lbx_flow_key *key)
{
	bpf_map_delete_elem(&lbx_flow, key);
}

#endif
