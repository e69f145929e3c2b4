// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * sock_affinity.h - session affinity of sockets: the client is the network
 * namespace, known by its cookie (there is no source address yet at connect()).
 *
 * An entry holds while it was used within the service's timeout and its backend
 * still belongs to the service (lb_affinity_match). It is refreshed in place and
 * deleted once it does not hold. last_used is CLOCK_MONOTONIC in seconds.
 * Both maps share the shape of the value, so only the keys differ by family.
 */
#ifndef LBX_SOCK_AFFINITY_H
#define LBX_SOCK_AFFINITY_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/lb_maps.h>
#include <lbx/structs.h>

#define SOCK_NSEC_PER_SEC 1000000000ULL

static __always_inline __u64 sock_affinity_now(void)
{
	return bpf_ktime_get_ns() / SOCK_NSEC_PER_SEC;
}

/* `rev_nat`: id of the service, network order. */
static __always_inline struct lb4_affinity_key sock_affinity_key4(struct bpf_sock_addr *ctx,
								  __u16 rev_nat)
{
	struct lb4_affinity_key key = {
		.client_id.client_cookie = bpf_get_netns_cookie(ctx),
		.rev_nat_id = rev_nat,
		.netns_cookie = LBX_AFFINITY_NETNS_COOKIE,
	};

	return key;
}

static __always_inline struct lb6_affinity_key sock_affinity_key6(struct bpf_sock_addr *ctx,
								  __u16 rev_nat)
{
	struct lb6_affinity_key key = {
		.client_id.client_ip.d = {bpf_get_netns_cookie(ctx), 0},
		.rev_nat_id = rev_nat,
		.netns_cookie = LBX_AFFINITY_NETNS_COOKIE,
	};

	return key;
}

/*
 * The backend id that the namespace used last; 0: none that holds. `map` is
 * lb4_affinity or lb6_affinity, `key` its key.
 */
static __always_inline __u32 sock_affinity_find(void *map, const void *key, __u16 rev_nat,
						__u32 seconds)
{
	struct lb_affinity_val *last = bpf_map_lookup_elem(map, key);
	struct lb_affinity_match match = {.rev_nat_id = rev_nat};
	__u64 now;

	if (!last)
		return 0;
	match.backend_id = last->backend_id;
	now = sock_affinity_now();
	if (last->last_used + seconds <= now || !bpf_map_lookup_elem(&lb_affinity_match, &match)) {
		bpf_map_delete_elem(map, key);
		return 0;
	}
	if (last->last_used != now)
		last->last_used = now;
	return match.backend_id;
}

static __always_inline void sock_affinity_set(void *map, const void *key, __u32 backend_id)
{
	struct lb_affinity_val value = {
		.last_used = sock_affinity_now(),
		.backend_id = backend_id,
	};

	bpf_map_update_elem(map, key, &value, BPF_ANY);
}

#endif
