// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * sock6.h - the socket load balancer for IPv6 destinations; sock4.h explains.
 *
 * Addresses and ports are in network order. IPv4-mapped addresses are sock4.h's:
 * callers tell them apart with sock_is_mapped().
 */
#ifndef LBX_SOCK6_H
#define LBX_SOCK6_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/gate.h>
#include <lbx/lb_maps.h>
#include <lbx/mem.h>
#include <lbx/service.h>
#include <lbx/sock.h>
#include <lbx/sock_affinity.h>
#include <lbx/sock_local.h>
#include <lbx/sock_origin.h>
#include <lbx/structs.h>

/* As sock_find4(). */
static __always_inline struct lb6_service *sock_find6(struct bpf_sock_addr *ctx,
						      const union v6addr *address, __be16 port,
						      __u8 proto, union service_key6 *key)
{
	const union v6addr any = {};
	struct lb6_service *service;

	if (!sock_is_unspecified6(address) && (!lbx_gate_on || gate_has6(address, port, proto))) {
		*key = service_key6(address, port, proto);
		service = service_lookup_inside6(key);
		if (service) {
			if (!sock_is_translated(service->flags2))
				return NULL;
			if (sock_is_own_address_only(service->flags) && !sock_is_own6(ctx, address))
				return NULL;
			return service;
		}
	}
	if (!sock_is_nodeport(port) || !sock_is_own6(ctx, address))
		return NULL;
	*key = service_key6(&any, port, proto);
	service = service_lookup_inside6(key);
	if (!service || !(service->flags & (LBX_SVC_NODEPORT | LBX_SVC_HOSTPORT)) ||
	    !sock_is_translated(service->flags2))
		return NULL;
	return service;
}

static __always_inline _Bool sock_is_skipped6(struct bpf_sock_addr *ctx,
					      const union v6addr *address, __be16 port)
{
	struct skip_lb6_key key = {
		.address.d = {address->d[0], address->d[1]},
		.port = port,
	};

	if (!lbx_skip_lb_on)
		return 0;
	key.netns_cookie = bpf_get_netns_cookie(ctx);
	return bpf_map_lookup_elem(&skip_lb6, &key);
}

/* As sock_pick4(). */
static __always_inline __u32 sock_pick6(struct bpf_sock_addr *ctx, union service_key6 *key,
					struct lb6_service *service, struct lb6_backend **backend,
					__u16 *picked)
{
	__u32 attempt;

	for (attempt = 0; attempt < SOCK_ATTEMPTS; attempt++) {
		__u16 count = service->count;
		struct lb6_service *slot;

		if (!count)
			return 0;
		*picked = sock_pick_slot(ctx, service_proto6(key), count, attempt);
		slot = service_slot6(key, *picked);
		if (slot) {
			__u32 id = slot->backend_id;

			*backend = service_backend6(id);
			if (*backend)
				return id;
		}
		service = service_slot6(key, 0);
		if (!service)
			return 0;
	}
	return 0;
}

/* As sock_select4(). */
static __always_inline struct lb6_backend *sock_select6(struct bpf_sock_addr *ctx,
							union service_key6 *key,
							struct lb6_service *service, __u16 *picked)
{
	__u16 rev_nat = service->rev_nat_index;
	struct lb6_backend *backend = NULL;
	struct lb6_affinity_key affinity;
	_Bool sticky = lbx_affinity_on && (service->flags & LBX_SVC_AFFINITY);
	__u32 id;

	if (!service->count)
		return NULL;
	if (sticky) {
		affinity = sock_affinity_key6(ctx, rev_nat);
		id = sock_affinity_find(&lb6_affinity, &affinity, rev_nat,
					service_affinity_seconds(service->affinity_timeout));
		if (id) {
			backend = service_backend6(id);
			if (backend && backend->state == LBX_BACKEND_ACTIVE)
				return backend;
		}
	}
	id = sock_pick6(ctx, key, service, &backend, picked);
	if (!id)
		return NULL;
	if (sticky)
		sock_affinity_set(&lb6_affinity, &affinity, id);
	return backend;
}

union sock_tuple6 {
	struct ipv6_revnat_tuple tuple;
	struct {
		__u64 cookie;
		__u64 address[2];
		__u64 port;
	};
};

static __always_inline union sock_tuple6 sock_tuple6(struct bpf_sock_addr *ctx,
						     const union v6addr *address, __be16 port)
{
	union sock_tuple6 key = {
		.cookie = bpf_get_socket_cookie(ctx),
		.address = {address->d[0], address->d[1]},
		.port = port,
	};

	return key;
}

/* As sock_remember4(). */
static __always_inline long sock_remember6(struct bpf_sock_addr *ctx,
					   const struct lb6_backend *backend,
					   const union v6addr *address, __be16 port, __u16 rev_nat)
{
	union sock_tuple6 key = sock_tuple6(ctx, &backend->address, backend->port);
	struct ipv6_revnat_entry *known, entry __attribute__((aligned(8)));

	mem_copy8(&entry, address, sizeof(*address));
	entry.port = port;
	entry.rev_nat_index = rev_nat;
	known = bpf_map_lookup_elem(&lb6_reverse_sk, &key);
	if (known && mem_equal8(known, &entry, sizeof(entry)))
		return 0;
	return bpf_map_update_elem(&lb6_reverse_sk, &key, &entry, BPF_ANY);
}

/* As sock_note4(). */
static __always_inline _Bool sock_note6(struct bpf_sock_addr *ctx, _Bool connecting, __u8 proto,
					const struct lb6_backend *backend,
					const union v6addr *address, __be16 port, __u16 rev_nat,
					__u16 slot)
{
	_Bool noted = 1;

	if (sock_has_origin(proto, connecting))
		noted = sock_origin_write(ctx, &backend->address, backend->port, address, port,
					  slot);
	else if (sock_has_entry(proto, connecting))
		noted = !sock_remember6(ctx, backend, address, port, rev_nat);
	return noted || proto == IPPROTO_TCP;
}

/* As sock_forward4(). */
static __always_inline int sock_forward6(struct bpf_sock_addr *ctx, _Bool connecting,
					 const union v6addr *address, __be16 port,
					 struct lb6_backend **backend)
{
	__u8 proto = sock_protocol(ctx->protocol);
	struct lb6_service *service;
	union service_key6 key;
	__u16 rev_nat, slot = 0;

	*backend = NULL;
	if (!proto)
		return SOCK_PROCEED;
	service = sock_find6(ctx, address, port, proto, &key);
	if (!service || sock_is_skipped6(ctx, address, port)) {
		if (sock_has_origin(proto, connecting))
			sock_origin_leave6(ctx, address, port);
		return SOCK_PROCEED;
	}
	rev_nat = service->rev_nat_index;
	*backend = sock_select6(ctx, &key, service, &slot);
	if (!*backend)
		return sock_refuse(rev_nat);
	if (!sock_note6(ctx, connecting, proto, *backend, address, port, rev_nat, slot))
		return sock_fail(SOCK_ENOMEM);
	return SOCK_PROCEED;
}

/* As sock_peer4(); the address is inside a map value. */
static __always_inline _Bool sock_peer6(struct bpf_sock_addr *ctx, const union v6addr *address,
					__be16 port, const void **service, __be16 *service_port)
{
	struct lbx_sock_origin *origin = sock_origin_find(ctx, address, port);
	struct ipv6_revnat_entry *entry;
	union sock_tuple6 key;

	if (origin) {
		*service = &origin->service;
		*service_port = origin->service_port;
		return 1;
	}
	if (lbx_peer_names != 1 || sock_protocol(ctx->protocol) != IPPROTO_TCP)
		return 0;
	key = sock_tuple6(ctx, address, port);
	entry = bpf_map_lookup_elem(&lb6_reverse_sk, &key);
	if (!entry)
		return 0;
	*service = entry;
	*service_port = entry->port;
	return 1;
}

/* As sock_source4(). */
static __always_inline _Bool sock_source6(struct bpf_sock_addr *ctx, const union v6addr *address,
					  __be16 port, const void **service, __be16 *service_port)
{
	union v6addr recorded, wanted;
	struct ipv6_revnat_entry *entry;
	struct lb6_reverse_nat *now;
	union sock_tuple6 key;
	__u16 rev_nat;

	if (sock_is_connected(ctx))
		return sock_peer6(ctx, address, port, service, service_port);
	key = sock_tuple6(ctx, address, port);
	entry = bpf_map_lookup_elem(&lb6_reverse_sk, &key);
	if (!entry)
		return 0;
	rev_nat = entry->rev_nat_index;
	now = bpf_map_lookup_elem(&lb6_reverse_nat, &rev_nat);
	if (now && now->port == entry->port) {
		/* Packed structs, but map values start aligned. */
		mem_copy8(&recorded, now, sizeof(recorded));
		mem_copy8(&wanted, entry, sizeof(wanted));
		if (sock_is_unspecified6(&recorded) || mem_equal(&recorded, &wanted)) {
			*service = entry;
			*service_port = entry->port;
			return 1;
		}
	}
	bpf_map_delete_elem(&lb6_reverse_sk, &key);
	return 0;
}

/* As sock_is_taken4(). */
static __always_inline _Bool sock_is_taken6(void *context, const union v6addr *address, __be16 port,
					    __u8 proto)
{
	const __u8 outside = LBX_SVC_NODEPORT | LBX_SVC_LOADBALANCER | LBX_SVC_EXTERNAL_IP;
	const union v6addr any = {};
	union service_key6 key = service_key6(address, port, proto);
	struct lb6_service *service = service_lookup6(&key);

	if (!service && sock_is_nodeport(port) && sock_is_own6(context, address)) {
		key = service_key6(&any, port, proto);
		service = service_lookup6(&key);
	}
	return service && (service->flags & outside);
}

#endif
