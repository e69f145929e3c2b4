// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * sock4.h - the socket load balancer for IPv4 destinations.
 *
 * All addresses and ports are in network order. The functions take and give values
 * and never touch the destination in the context, so that the IPv6 hooks use them
 * for IPv4-mapped addresses.
 */
#ifndef LBX_SOCK4_H
#define LBX_SOCK4_H

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

/*
 * The service that a socket means by address:port, or NULL. First the address
 * itself; failing that, a NodePort or hostPort in the NodePort range on any address
 * of the node (the entry of address 0). `key` is left so that service_slot4()
 * finds the slots.
 */
static __always_inline struct lb4_service *sock_find4(struct bpf_sock_addr *ctx, __be32 address,
						      __be16 port, __u8 proto,
						      union service_key4 *key)
{
	struct lb4_service *service;

	/* Address 0 means loopback here, whereas the entry of address 0 means any own address. */
	if (address && (!lbx_gate_on || gate_has4(address, port, proto))) {
		*key = service_key4(address, port, proto);
		service = service_lookup_inside4(key);
		if (service) {
			if (!sock_is_translated(service->flags2))
				return NULL;
			if (sock_is_own_address_only(service->flags) && !sock_is_own4(ctx, address))
				return NULL;
			return service;
		}
	}
	if (!sock_is_nodeport(port) || !sock_is_own4(ctx, address))
		return NULL;
	*key = service_key4(0, port, proto);
	service = service_lookup_inside4(key);
	if (!service || !(service->flags & (LBX_SVC_NODEPORT | LBX_SVC_HOSTPORT)) ||
	    !sock_is_translated(service->flags2))
		return NULL;
	return service;
}

static __always_inline _Bool sock_is_skipped4(struct bpf_sock_addr *ctx, __be32 address,
					      __be16 port)
{
	struct skip_lb4_key key = {
		.address = address,
		.port = port,
	};

	if (!lbx_skip_lb_on)
		return 0;
	key.netns_cookie = bpf_get_netns_cookie(ctx);
	return bpf_map_lookup_elem(&skip_lb4, &key);
}

/*
 * Picks a backend for a new connection: its id, the backend in *backend, its slot in
 * *picked. 0: the service has none. While user space changes the service, a slot or backend may be
 * gone that the frontend still counted: then the frontend is read again.
 */
static __always_inline __u32 sock_pick4(struct bpf_sock_addr *ctx, union service_key4 *key,
					struct lb4_service *service, struct lb4_backend **backend,
					__u16 *picked)
{
	__u32 attempt;

	for (attempt = 0; attempt < SOCK_ATTEMPTS; attempt++) {
		__u16 count = service->count;
		struct lb4_service *slot;

		if (!count)
			return 0;
		*picked = sock_pick_slot(ctx, service_proto4(key), count, attempt);
		slot = service_slot4(key, *picked);
		if (slot) {
			__u32 id = slot->backend_id;

			*backend = service_backend4(id);
			if (*backend)
				return id;
		}
		service = service_slot4(key, 0);
		if (!service)
			return 0;
	}
	return 0;
}

/*
 * The backend for a new connection, with session affinity; NULL: none. *picked is left
 * alone where affinity chose.
 */
static __always_inline struct lb4_backend *sock_select4(struct bpf_sock_addr *ctx,
							union service_key4 *key,
							struct lb4_service *service, __u16 *picked)
{
	__u16 rev_nat = service->rev_nat_index;
	struct lb4_backend *backend = NULL;
	struct lb4_affinity_key affinity;
	_Bool sticky = lbx_affinity_on && (service->flags & LBX_SVC_AFFINITY);
	__u32 id;

	if (!service->count)
		return NULL;
	if (sticky) {
		affinity = sock_affinity_key4(ctx, rev_nat);
		id = sock_affinity_find(&lb4_affinity, &affinity, rev_nat,
					service_affinity_seconds(service->affinity_timeout));
		if (id) {
			backend = service_backend4(id);
			/* A backend that shuts down gets no new connections. */
			if (backend && backend->state == LBX_BACKEND_ACTIVE)
				return backend;
		}
	}
	id = sock_pick4(ctx, key, service, &backend, picked);
	if (!id)
		return NULL;
	if (sticky)
		sock_affinity_set(&lb4_affinity, &affinity, id);
	return backend;
}

/* Tuple and entry of lb4_reverse_sk as the words that service.h speaks of. */
union sock_tuple4 {
	struct ipv4_revnat_tuple tuple;
	struct {
		__u64 cookie;
		__u64 endpoint; /* address, port << 32 */
	};
};

union sock_entry4 {
	struct ipv4_revnat_entry entry;
	__u64 word; /* address, port << 32, rev_nat_index << 48 */
};

static __always_inline union sock_tuple4 sock_tuple4(struct bpf_sock_addr *ctx, __be32 address,
						     __be16 port)
{
	union sock_tuple4 key = {
		.cookie = bpf_get_socket_cookie(ctx),
		.endpoint = address | (__u64)port << 32,
	};

	return key;
}

/*
 * Notes that this socket reaches `backend` as address:port, so that the way back
 * can be told. 0, or an error when the map does not take it.
 */
static __always_inline long sock_remember4(struct bpf_sock_addr *ctx,
					   const struct lb4_backend *backend, __be32 address,
					   __be16 port, __u16 rev_nat)
{
	union sock_tuple4 key = sock_tuple4(ctx, backend->address, backend->port);
	union sock_entry4 entry = {
		.word = address | (__u64)port << 32 | (__u64)rev_nat << 48,
	};
	mem_u64 *known;

	/* An LRU update allocates, and evicts, even when nothing changes. */
	known = bpf_map_lookup_elem(&lb4_reverse_sk, &key);
	if (known && *known == entry.word)
		return 0;
	return bpf_map_update_elem(&lb4_reverse_sk, &key, &entry, BPF_ANY);
}

/* Notes a translation where it belongs; 0: the answers could not be told from a stranger's. */
static __always_inline _Bool sock_note4(struct bpf_sock_addr *ctx, _Bool connecting, __u8 proto,
					const struct lb4_backend *backend, __be32 address,
					__be16 port, __u16 rev_nat, __u16 slot)
{
	_Bool noted = 1;

	if (sock_has_origin(proto, connecting)) {
		union v6addr from = sock_mapped(address), to = sock_mapped(backend->address);

		noted = sock_origin_write(ctx, &to, backend->port, &from, port, slot);
	} else if (sock_has_entry(proto, connecting)) {
		noted = !sock_remember4(ctx, backend, address, port, rev_nat);
	}
	return noted || proto == IPPROTO_TCP;
}

/*
 * Where a socket that asks for address:port is to go: to *backend or, where that
 * is NULL, where it asked for. The result is what the hook has to return.
 * `connecting`: connect(), not a datagram.
 */
static __always_inline int sock_forward4(struct bpf_sock_addr *ctx, _Bool connecting,
					 __be32 address, __be16 port, struct lb4_backend **backend)
{
	__u8 proto = sock_protocol(ctx->protocol);
	struct lb4_service *service;
	union service_key4 key;
	__u16 rev_nat, slot = 0;

	*backend = NULL;
	if (!proto)
		return SOCK_PROCEED;
	service = sock_find4(ctx, address, port, proto, &key);
	if (!service || sock_is_skipped4(ctx, address, port)) {
		if (sock_has_origin(proto, connecting))
			sock_origin_leave4(ctx, address, port);
		return SOCK_PROCEED;
	}
	rev_nat = service->rev_nat_index;
	*backend = sock_select4(ctx, &key, service, &slot);
	if (!*backend)
		return sock_refuse(rev_nat);
	if (!sock_note4(ctx, connecting, proto, *backend, address, port, rev_nat, slot))
		return sock_fail(SOCK_ENOMEM);
	return SOCK_PROCEED;
}

/*
 * The service address under which this socket is connected to address:port, in
 * *service and *service_port; 0: under its own. True for as long as the connection.
 */
static __always_inline _Bool sock_peer4(struct bpf_sock_addr *ctx, __be32 address, __be16 port,
					__be32 *service, __be16 *service_port)
{
	union v6addr mapped = sock_mapped(address);
	struct lbx_sock_origin *origin = sock_origin_find(ctx, &mapped, port);
	struct ipv4_revnat_entry *entry;
	union sock_tuple4 key;

	if (origin) {
		*service = origin->service.w[3];
		*service_port = origin->service_port;
		return 1;
	}
	if (lbx_peer_names != 1 || sock_protocol(ctx->protocol) != IPPROTO_TCP)
		return 0;
	key = sock_tuple4(ctx, address, port);
	entry = bpf_map_lookup_elem(&lb4_reverse_sk, &key);
	if (!entry)
		return 0;
	*service = entry->address;
	*service_port = entry->port;
	return 1;
}

/*
 * The service address to show as the source of a datagram from address:port; 0: its
 * own. An entry whose service is gone, or has another id now, is deleted.
 */
static __always_inline _Bool sock_source4(struct bpf_sock_addr *ctx, __be32 address, __be16 port,
					  __be32 *service, __be16 *service_port)
{
	struct ipv4_revnat_entry *entry;
	struct lb4_reverse_nat *now;
	union sock_tuple4 key;
	__u16 rev_nat;

	if (sock_is_connected(ctx))
		return sock_peer4(ctx, address, port, service, service_port);
	key = sock_tuple4(ctx, address, port);
	entry = bpf_map_lookup_elem(&lb4_reverse_sk, &key);
	if (!entry)
		return 0;
	rev_nat = entry->rev_nat_index;
	now = bpf_map_lookup_elem(&lb4_reverse_nat, &rev_nat);
	/* Address 0: a NodePort that was reached by any of the node's addresses. */
	if (now && now->port == entry->port && (!now->address || now->address == entry->address)) {
		*service = entry->address;
		*service_port = entry->port;
		return 1;
	}
	bpf_map_delete_elem(&lb4_reverse_sk, &key);
	return 0;
}

/*
 * Whether address:port, which a socket of the node just took, belongs to a
 * NodePort, LoadBalancer or externalIP service: connections to it would never
 * arrive at that socket.
 */
static __always_inline _Bool sock_is_taken4(void *context, __be32 address, __be16 port, __u8 proto)
{
	const __u8 outside = LBX_SVC_NODEPORT | LBX_SVC_LOADBALANCER | LBX_SVC_EXTERNAL_IP;
	union service_key4 key = service_key4(address, port, proto);
	struct lb4_service *service = service_lookup4(&key);

	if (!service && sock_is_nodeport(port) && sock_is_own4(context, address)) {
		key = service_key4(0, port, proto);
		service = service_lookup4(&key);
	}
	return service && (service->flags & outside);
}

#endif
