// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * service.h - from an address and a port to a service, its slots and backends.
 *
 * A key is made by service_key*() and then serves for the frontend (slot 0) and
 * its slots: the functions below set slot and scope, nothing else. All addresses
 * and ports are in network order, ids and slots in host order. A NULL result is a
 * miss; pointers are into map values and stay valid for the program's run, though
 * user space may have replaced or deleted the entry meanwhile.
 *
 * Keys are written in the words that hash and comparison read them in: a load that
 * spans several fresh stores waits for all of them, which costs as much as a third
 * of a lookup. That needs a little-endian machine, as the objects are built for.
 *
 * Define LBX_USE_SERVICES4 and/or LBX_USE_SERVICES6 before including.
 */
#ifndef LBX_SERVICE_H
#define LBX_SERVICE_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/lb_maps.h>
#include <lbx/structs.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "service.h writes keys as words");

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

union service_key4 {
	struct lb4_key key;
	struct {
		__u64 endpoint; /* address, dport << 32, backend_slot << 48 */
		__u32 kind;     /* proto, scope << 8 */
	};
};

static __always_inline __be32 service_address4(const union service_key4 *key)
{
	return (__u32)key->endpoint;
}

static __always_inline __be16 service_port4(const union service_key4 *key)
{
	return (__u16)(key->endpoint >> 32);
}

static __always_inline __u8 service_proto4(const union service_key4 *key)
{
	return (__u8)key->kind;
}

static __always_inline union service_key4 service_key4(__be32 address, __be16 port, __u8 proto)
{
	union service_key4 key = {
		.endpoint = address | (__u64)port << 32,
		.kind = proto,
	};

	return key;
}

/* Slot 1..count (active) or count+1..count+qcount (others) of the frontend; 0: itself. */
static __always_inline struct lb4_service *service_slot4(union service_key4 *key, __u16 slot)
{
	key->endpoint = (key->endpoint & 0x0000ffffffffffffULL) | (__u64)slot << 48;
	return bpf_map_lookup_elem(&lb4_services_v2, key);
}

static __always_inline void service_set_scope4(union service_key4 *key, __u8 scope)
{
	key->kind = service_proto4(key) | (__u32)scope << 8;
}

/* The frontend as seen from outside the cluster (what XDP and tc ask). */
static __always_inline struct lb4_service *service_lookup4(union service_key4 *key)
{
	service_set_scope4(key, LBX_SCOPE_EXTERNAL);
	return service_slot4(key, 0);
}

/*
 * The frontend as seen from inside: the one of internal scope where the service
 * has two. While that entry is not there (yet), the external one serves. `key`
 * is left with the scope of the result, so that service_slot4() fits it.
 */
static __always_inline struct lb4_service *service_lookup_inside4(union service_key4 *key)
{
	struct lb4_service *outside = service_lookup4(key);
	struct lb4_service *inside;

	if (!outside || !(outside->flags2 & LBX_SVC2_TWO_SCOPES))
		return outside;
	service_set_scope4(key, LBX_SCOPE_INTERNAL);
	inside = service_slot4(key, 0);
	if (inside)
		return inside;
	service_set_scope4(key, LBX_SCOPE_EXTERNAL);
	return outside;
}

static __always_inline struct lb4_backend *service_backend4(__u32 id)
{
	return bpf_map_lookup_elem(&lb4_backends_v3, &id);
}

#endif

#ifdef LBX_USE_SERVICES6

union service_key6 {
	struct lb6_key key;
	struct {
		union v6addr address;
		__u64 rest; /* dport, backend_slot << 16, proto << 32, scope << 40 */
	};
};

static __always_inline __be16 service_port6(const union service_key6 *key)
{
	return (__u16)key->rest;
}

static __always_inline __u8 service_proto6(const union service_key6 *key)
{
	return (__u8)(key->rest >> 32);
}

static __always_inline union service_key6 service_key6(const union v6addr *address, __be16 port,
						       __u8 proto)
{
	union service_key6 key = {
		.address.d = {address->d[0], address->d[1]},
		.rest = port | (__u64)proto << 32,
	};

	return key;
}

/* As service_slot4(). */
static __always_inline struct lb6_service *service_slot6(union service_key6 *key, __u16 slot)
{
	key->rest = (key->rest & ~0xffff0000ULL) | (__u64)slot << 16;
	return bpf_map_lookup_elem(&lb6_services_v2, key);
}

static __always_inline void service_set_scope6(union service_key6 *key, __u8 scope)
{
	key->rest = (key->rest & 0x000000ffffffffffULL) | (__u64)scope << 40;
}

/* As service_lookup4(). */
static __always_inline struct lb6_service *service_lookup6(union service_key6 *key)
{
	service_set_scope6(key, LBX_SCOPE_EXTERNAL);
	return service_slot6(key, 0);
}

/* As service_lookup_inside4(). */
static __always_inline struct lb6_service *service_lookup_inside6(union service_key6 *key)
{
	struct lb6_service *outside = service_lookup6(key);
	struct lb6_service *inside;

	if (!outside || !(outside->flags2 & LBX_SVC2_TWO_SCOPES))
		return outside;
	service_set_scope6(key, LBX_SCOPE_INTERNAL);
	inside = service_slot6(key, 0);
	if (inside)
		return inside;
	service_set_scope6(key, LBX_SCOPE_EXTERNAL);
	return outside;
}

static __always_inline struct lb6_backend *service_backend6(__u32 id)
{
	return bpf_map_lookup_elem(&lb6_backends_v3, &id);
}

#endif

#endif
