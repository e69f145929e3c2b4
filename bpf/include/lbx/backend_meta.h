// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * backend_meta.h - is the backend of a flow still the one it was made for?
 *
 * lbx_backend_meta is derived state that core keeps beside lb4_backends_v3 and lb6_backends_v3: an
 * array by backend id, so that asking costs no helper call. generation is ODD
 * while the backend exists. User space adds one when it removes the backend
 * (before it deletes the backend's entry) and one when it makes a backend of that
 * id again (after it wrote the entry), and never sets it back: a flow keeps the
 * generation it was made with, and is over as soon as the two differ.
 *
 * With lbx_derived_on = 0 the map is not there to be trusted (others write the
 * service maps). Then the backend's entry itself is looked up and compared: one
 * helper call more on every packet of a known flow.
 */
#ifndef LBX_BACKEND_META_H
#define LBX_BACKEND_META_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/family.h>
#include <lbx/lb_maps.h>

#define LBX_BACKEND_META_MAX 65536 /* ids at or above have no metadata and no flows */

#define LBX_BACKEND_META_LOCAL 0x01 /* on this node: translate the destination and pass up */

/* 1: core keeps lbx_backend_meta. */
const volatile __u8 lbx_derived_on = 1;

struct lbx_backend_meta {
	__u32 generation; /* odd: exists */
	__u8 flags;       /* LBX_BACKEND_META_* */
	__u8 state;       /* LBX_BACKEND_*, for people; programs read the backends map */
	__u8 pad[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LBX_BACKEND_META_MAX);
	__type(key, __u32);
	__type(value, struct lbx_backend_meta);
} lbx_backend_meta SEC(".maps");

static __always_inline struct lbx_backend_meta *backend_meta_lookup(__u32 id)
{
	return bpf_map_lookup_elem(&lbx_backend_meta, &id);
}

/* Does backend `id` still exist as it was: same generation, or same address and port? */
static __always_inline _Bool backend_meta_valid(__u32 id, __u32 generation, const addr_t *address,
						__be16 port)
{
	if (lbx_derived_on) {
		struct lbx_backend_meta *meta = backend_meta_lookup(id);

		return meta && meta->generation == generation;
	} else {
		struct lb_backend *backend = bpf_map_lookup_elem(&lb_backends, &id);

		return backend && addr_equal(&backend->address, address) && backend->port == port;
	}
}

#endif
