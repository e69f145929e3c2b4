// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * frontend_meta.h - what the entry of a frontend does not tell.
 *
 * lbx_frontend_meta is derived state that core keeps beside the service maps: an
 * array by rev_nat id in host order, so that asking costs no helper call. An
 * element is written before the frontend's entry loses its last backend.
 */
#ifndef LBX_FRONTEND_META_H
#define LBX_FRONTEND_META_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define LBX_FRONTEND_META_MAX 65536

/* No endpoint for this frontend, but there are some elsewhere: drop, do not reject. */
#define LBX_FRONTEND_ELSEWHERE 0x01

struct lbx_frontend_meta {
	__u32 flags; /* LBX_FRONTEND_* */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LBX_FRONTEND_META_MAX);
	__type(key, __u32);
	__type(value, struct lbx_frontend_meta);
} lbx_frontend_meta SEC(".maps");

/* `rev_nat_index` as service entries have it: network order. Where nobody keeps the map: no. */
static __always_inline _Bool frontend_has_endpoints_elsewhere(__u16 rev_nat_index)
{
	__u32 id = bpf_ntohs(rev_nat_index);
	struct lbx_frontend_meta *meta = bpf_map_lookup_elem(&lbx_frontend_meta, &id);

	return meta && meta->flags & LBX_FRONTEND_ELSEWHERE;
}

#endif
