// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * sock_stale.h - is this a connected UDP socket whose backend is gone?
 *
 * Its datagrams go nowhere, and the application learns nothing: a connected socket
 * is never translated again. It is stale if
 *   - its connect() was translated: it has an origin (sock_origin.h) for the peer
 *     that it is connected to. One that connected to that address on its own has
 *     none and is left alone; and
 *   - the service it asked for is gone, or none of its slots leads to that peer.
 *     Terminating and quarantined backends have slots: their sockets stay.
 * The maps are asked as they are now, whoever changed them and when; how many
 * entries lb*_reverse_sk has forgotten plays no part. User space must not change
 * services meanwhile: a backend that moves from slot to slot may be overlooked.
 *
 * For iterators over sockets. Addresses and ports are in network order, IPv4 is
 * mapped into ::ffff:0:0/96.
 */
#ifndef LBX_SOCK_STALE_H
#define LBX_SOCK_STALE_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/kernel_sock.h>
#include <lbx/lb_maps.h>
#include <lbx/mem.h>
#include <lbx/service.h>
#include <lbx/sock_address.h>
#include <lbx/sock_origin.h>
#include <lbx/structs.h>

#define SOCK_AF_INET 2 /* linux/socket.h is not for BPF */

/* A stale socket, as the iterators write it. */
struct lbx_stale_socket {
	__u64 cookie;
	union v6addr local;
	union v6addr backend;
	union v6addr service;
	__be16 local_port;
	__be16 backend_port;
	__be16 service_port;
	__u16 family;  /* AF_INET or AF_INET6, of the socket */
	__u32 ifindex; /* it is bound to; or 0 */
	__u32 netns;   /* inode number of its network namespace */
};

LBX_ASSERT_SIZE(struct lbx_stale_socket, 72);
LBX_ASSERT_AT(struct lbx_stale_socket, local_port, 56);
LBX_ASSERT_AT(struct lbx_stale_socket, ifindex, 64);

/* Searching the slots of a service for a backend. */
struct sock_search4 {
	union service_key4 key;
	__be32 address;
	__be16 port;
	_Bool found;
};

struct sock_search6 {
	union service_key6 key;
	const union v6addr *address;
	__be16 port;
	_Bool found;
};

static long sock_search_slot4(__u32 index, struct sock_search4 *search)
{
	struct lb4_service *slot = service_slot4(&search->key, (__u16)(index + 1));
	struct lb4_backend *backend = slot ? service_backend4(slot->backend_id) : NULL;

	search->found =
		backend && backend->address == search->address && backend->port == search->port;
	return search->found;
}

static long sock_search_slot6(__u32 index, struct sock_search6 *search)
{
	struct lb6_service *slot = service_slot6(&search->key, (__u16)(index + 1));
	struct lb6_backend *backend = slot ? service_backend6(slot->backend_id) : NULL;

	search->found = backend && backend->port == search->port &&
			mem_equal8(&backend->address, search->address, sizeof(union v6addr));
	return search->found;
}

/* Whether the service that the origin names leads to its backend. */
static __always_inline _Bool sock_is_served4(const struct lbx_sock_origin *origin)
{
	__be32 address = origin->service.w[3];
	struct sock_search4 search = {
		.key = service_key4(address, origin->service_port, IPPROTO_UDP),
		.address = origin->backend.w[3],
		.port = origin->backend_port,
	};
	struct lb4_service *service = service_lookup_inside4(&search.key);
	__u32 count;

	/* A NodePort on an address without an entry of its own, as sock_find4(). */
	if (!service) {
		search.key = service_key4(0, origin->service_port, IPPROTO_UDP);
		service = service_lookup_inside4(&search.key);
	}
	if (!service)
		return 0;
	count = (__u32)service->count + service->qcount;
	/* Mostly it is where it was. */
	if (!origin->slot || origin->slot > count || !sock_search_slot4(origin->slot - 1, &search))
		bpf_loop(count, sock_search_slot4, &search, 0);
	return search.found;
}

static __always_inline _Bool sock_is_served6(const struct lbx_sock_origin *origin)
{
	const union v6addr any = {};
	struct sock_search6 search = {
		.key = service_key6(&origin->service, origin->service_port, IPPROTO_UDP),
		.address = &origin->backend,
		.port = origin->backend_port,
	};
	struct lb6_service *service = service_lookup_inside6(&search.key);
	__u32 count;

	if (!service) {
		search.key = service_key6(&any, origin->service_port, IPPROTO_UDP);
		service = service_lookup_inside6(&search.key);
	}
	if (!service)
		return 0;
	count = (__u32)service->count + service->qcount;
	/* Mostly it is where it was. */
	if (!origin->slot || origin->slot > count || !sock_search_slot6(origin->slot - 1, &search))
		bpf_loop(count, sock_search_slot6, &search, 0);
	return search.found;
}

/* Of the two families, the one that the peer is of decides: a socket of IPv6 may have one of IPv4.
 */
static __always_inline _Bool sock_is_served(const struct lbx_sock_origin *origin)
{
	return sock_is_mapped(&origin->backend) ? sock_is_served4(origin) : sock_is_served6(origin);
}

/* `udp`: a UDP socket with this origin. Fills in *stale if it is one. */
static __always_inline _Bool sock_is_stale(struct sock *udp, const struct lbx_sock_origin *origin,
					   struct lbx_stale_socket *stale)
{
	struct sock_common *socket = &udp->__sk_common;
	union v6addr peer;

	if (socket->skc_state != BPF_TCP_ESTABLISHED)
		return 0;
	if (socket->skc_family == SOCK_AF_INET) {
		peer = sock_mapped(socket->skc_daddr);
		stale->local = sock_mapped(socket->skc_rcv_saddr);
	} else {
		peer = socket->skc_v6_daddr;
		stale->local = socket->skc_v6_rcv_saddr;
	}
	if (!sock_origin_is_of(origin, &peer, socket->skc_dport) || sock_is_served(origin))
		return 0;
	stale->cookie = bpf_get_socket_cookie(udp);
	stale->backend = origin->backend;
	stale->service = origin->service;
	stale->local_port = bpf_htons(socket->skc_num);
	stale->backend_port = origin->backend_port;
	stale->service_port = origin->service_port;
	stale->family = socket->skc_family;
	stale->ifindex = socket->skc_bound_dev_if;
	stale->netns = socket->skc_net.net->ns.inum;
	return 1;
}

#endif
