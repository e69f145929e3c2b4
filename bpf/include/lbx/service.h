// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * service.h - from an address and a port to a service, its slots and backends.
 *
 * A key is made by service_key*() and then serves for the frontend (slot 0) and
 * its slots: the functions below set backend_slot and scope, nothing else. All
 * addresses and ports are in network order, ids and slots in host order. A NULL
 * result is a miss; pointers are into map values and stay valid for the program's
 * run, though user space may have replaced or deleted the entry meanwhile.
 *
 * Define LBX_USE_SERVICES4 and/or LBX_USE_SERVICES6 before including.
 */
#ifndef LBX_SERVICE_H
#define LBX_SERVICE_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/lb_maps.h>
#include <lbx/structs.h>

/*
 * Affinity timeout in seconds of a frontend's first word (0: none kept). Not for
 * slots, and not for a frontend with LBX_SVC2_L7, whose word is a proxy port.
 */
static __always_inline __u32 service_affinity_seconds(__u32 affinity_timeout)
{
	return affinity_timeout & LBX_AFFINITY_SECONDS_MASK;
}

/* LBX_ALGORITHM_* of a frontend's first word; UNDEF: the node's default. */
static __always_inline __u8 service_algorithm(__u32 affinity_timeout)
{
	return affinity_timeout >> 24;
}

#ifdef LBX_USE_SERVICES4

static __always_inline struct lb4_key service_key4(__be32 address, __be16 port, __u8 proto)
{
	struct lb4_key key = {
		.address = address,
		.dport = port,
		.proto = proto,
	};

	return key;
}

/* The frontend as seen from outside the cluster (what XDP and tc ask). */
static __always_inline struct lb4_service *service_lookup4(struct lb4_key *key)
{
	key->scope = LBX_SCOPE_EXTERNAL;
	key->backend_slot = 0;
	return bpf_map_lookup_elem(&lb4_services_v2, key);
}

/*
 * The frontend as seen from inside: the one of internal scope where the service
 * has two. While that entry is not there (yet), the external one serves. `key`
 * is left with the scope of the result, so that service_slot4() fits it.
 */
static __always_inline struct lb4_service *service_lookup_inside4(struct lb4_key *key)
{
	struct lb4_service *outside = service_lookup4(key);
	struct lb4_service *inside;

	if (!outside || !(outside->flags2 & LBX_SVC2_TWO_SCOPES))
		return outside;
	key->scope = LBX_SCOPE_INTERNAL;
	inside = bpf_map_lookup_elem(&lb4_services_v2, key);
	if (inside)
		return inside;
	key->scope = LBX_SCOPE_EXTERNAL;
	return outside;
}

/* Slot 1..count (active) or count+1..count+qcount (others) of the looked-up frontend. */
static __always_inline struct lb4_service *service_slot4(struct lb4_key *key, __u16 slot)
{
	key->backend_slot = slot;
	return bpf_map_lookup_elem(&lb4_services_v2, key);
}

static __always_inline struct lb4_backend *service_backend4(__u32 id)
{
	return bpf_map_lookup_elem(&lb4_backends_v3, &id);
}

#endif

#ifdef LBX_USE_SERVICES6

static __always_inline struct lb6_key service_key6(const union v6addr *address, __be16 port,
						   __u8 proto)
{
	struct lb6_key key = {
		.address.d = {address->d[0], address->d[1]},
		.dport = port,
		.proto = proto,
	};

	return key;
}

/* As service_lookup4(). */
static __always_inline struct lb6_service *service_lookup6(struct lb6_key *key)
{
	key->scope = LBX_SCOPE_EXTERNAL;
	key->backend_slot = 0;
	return bpf_map_lookup_elem(&lb6_services_v2, key);
}

/* As service_lookup_inside4(). */
static __always_inline struct lb6_service *service_lookup_inside6(struct lb6_key *key)
{
	struct lb6_service *outside = service_lookup6(key);
	struct lb6_service *inside;

	if (!outside || !(outside->flags2 & LBX_SVC2_TWO_SCOPES))
		return outside;
	key->scope = LBX_SCOPE_INTERNAL;
	inside = bpf_map_lookup_elem(&lb6_services_v2, key);
	if (inside)
		return inside;
	key->scope = LBX_SCOPE_EXTERNAL;
	return outside;
}

static __always_inline struct lb6_service *service_slot6(struct lb6_key *key, __u16 slot)
{
	key->backend_slot = slot;
	return bpf_map_lookup_elem(&lb6_services_v2, key);
}

static __always_inline struct lb6_backend *service_backend6(__u32 id)
{
	return bpf_map_lookup_elem(&lb6_backends_v3, &id);
}

#endif

#endif
