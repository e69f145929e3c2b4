// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * sock_origin.h - what a connected socket asked for, kept in the socket itself.
 *
 * An origin is written when connect() is translated, and ends with the socket: none
 * is evicted for want of room or left behind. That a socket has one for the peer it
 * is connected to says that its connect() was translated; a socket that connected
 * to the same address on its own has none. UDP always has it, TCP by lbx_peer_names.
 *
 * Addresses and ports are in network order, IPv4 is mapped into ::ffff:0:0/96.
 */
#ifndef LBX_SOCK_ORIGIN_H
#define LBX_SOCK_ORIGIN_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/mem.h>
#include <lbx/structs.h>

struct lbx_sock_origin {
	union v6addr backend; /* where the socket was sent */
	union v6addr service; /* what the application gave to connect() */
	__be16 backend_port;
	__be16 service_port;
	__u16 slot; /* of the service, that led to the backend at the time; 0: not known */
	__u16 pad;
};

LBX_ASSERT_SIZE(struct lbx_sock_origin, 40);
LBX_ASSERT_AT(struct lbx_sock_origin, service, 16);
LBX_ASSERT_AT(struct lbx_sock_origin, backend_port, 32);
LBX_ASSERT_AT(struct lbx_sock_origin, service_port, 34);
LBX_ASSERT_AT(struct lbx_sock_origin, slot, 36);

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct lbx_sock_origin);
} lbx_sock_origin SEC(".maps");

/* Whether the origin is of a connection to address:port. */
static __always_inline _Bool sock_origin_is_of(const struct lbx_sock_origin *origin,
					       const union v6addr *address, __be16 port)
{
	return origin->backend_port == port &&
	       !((origin->backend.d[0] ^ address->d[0]) | (origin->backend.d[1] ^ address->d[1]));
}

/* Whether it could be written: sockets have a limit of memory for such things. */
static __always_inline _Bool sock_origin_write(struct bpf_sock_addr *ctx,
					       const union v6addr *backend, __be16 backend_port,
					       const union v6addr *service, __be16 service_port,
					       __u16 slot)
{
	struct lbx_sock_origin *origin =
		bpf_sk_storage_get(&lbx_sock_origin, ctx->sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (!origin)
		return 0;
	origin->backend = *backend;
	origin->service = *service;
	origin->backend_port = backend_port;
	origin->service_port = service_port;
	origin->slot = slot;
	return 1;
}

/* The origin of this socket's connection to address:port; NULL: it is not our doing. */
static __always_inline struct lbx_sock_origin *
sock_origin_find(struct bpf_sock_addr *ctx, const union v6addr *address, __be16 port)
{
	struct lbx_sock_origin *origin = bpf_sk_storage_get(&lbx_sock_origin, ctx->sk, NULL, 0);

	return origin && sock_origin_is_of(origin, address, port) ? origin : NULL;
}

/*
 * The socket connects to an address on its own. Only if it is connected there now is
 * there an origin that would pass for this connection's (port 0 is nobody's); asking
 * for it always would cost every connect() that is none of ours.
 */
static __always_inline void sock_origin_forget(struct bpf_sock_addr *ctx)
{
	struct lbx_sock_origin *origin = bpf_sk_storage_get(&lbx_sock_origin, ctx->sk, NULL, 0);

	if (origin)
		origin->backend_port = 0;
}

static __always_inline void sock_origin_leave4(struct bpf_sock_addr *ctx, __be32 address,
					       __be16 port)
{
	struct bpf_sock *socket = ctx->sk;

	if (socket->dst_port == port && socket->dst_ip4 == address)
		sock_origin_forget(ctx);
}

static __always_inline void sock_origin_leave6(struct bpf_sock_addr *ctx,
					       const union v6addr *address, __be16 port)
{
	struct bpf_sock *socket = ctx->sk;

	if (socket->dst_port == port && socket->dst_ip6[3] == address->w[3] &&
	    socket->dst_ip6[2] == address->w[2] && socket->dst_ip6[1] == address->w[1] &&
	    socket->dst_ip6[0] == address->w[0])
		sock_origin_forget(ctx);
}

#endif
