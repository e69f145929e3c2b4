// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * sock.bpf.c - the socket load balancer: hooks of a cgroup's sockets.
 *
 *   connect4/6      TCP and UDP: a service address becomes a backend's
 *   sendmsg4/6      the same for each datagram of an unconnected UDP socket
 *   recvmsg4/6      the source of an answer becomes the service address again
 *   getpeername4/6  so does the peer of a connected socket
 *   post_bind4/6    ports of services are not to be had on the node
 *
 * Translated are: ClusterIP and LoadBalancer frontends everywhere; NodePorts by
 * their entries and, within the NodePort range, on each address of the node and
 * its loopback; hostPorts and externalIPs on addresses of the node (externalIPs
 * everywhere if lbx_external_ips_anywhere). Not: L7 and NAT46/64 services, SCTP.
 * Maglev and source ranges play no part here: the client is the node itself.
 *
 * A cgroup hook sees sockets by their process's cgroup, whatever its network
 * namespace. All logic is in include/lbx/sock*.h; here are only entry points.
 */
#define LBX_USE_SERVICES4
#define LBX_USE_SERVICES6
#define LBX_USE_REVERSE_NAT4
#define LBX_USE_REVERSE_NAT6
#define LBX_USE_REVERSE_SK4
#define LBX_USE_REVERSE_SK6
#define LBX_USE_AFFINITY4
#define LBX_USE_AFFINITY6
#define LBX_USE_SKIP_LB4
#define LBX_USE_SKIP_LB6

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/sock.h>
#include <lbx/sock4.h>
#include <lbx/sock6.h>
#include <lbx/mem.h>

char _license[] SEC("license") = "Dual BSD/GPL";

/* The context takes loads of four and eight bytes, and stores alike. */
static __always_inline void sock_load6(struct bpf_sock_addr *ctx, union v6addr *address)
{
	address->d[0] = *(volatile mem_u64 *)&ctx->user_ip6[0];
	address->d[1] = *(volatile mem_u64 *)&ctx->user_ip6[2];
}

/* `address` begins a map value. */
static __always_inline void sock_store6(struct bpf_sock_addr *ctx, const void *address, __be16 port)
{
	const mem_u64 *half = address;

	*(volatile mem_u64 *)&ctx->user_ip6[0] = half[0];
	*(volatile mem_u64 *)&ctx->user_ip6[2] = half[1];
	ctx->user_port = port;
}

static __always_inline void sock_store4(struct bpf_sock_addr *ctx, __be32 address, __be16 port)
{
	ctx->user_ip4 = address;
	ctx->user_port = port;
}

/* To ::ffff:a.b.c.d; the prefix is there already. */
static __always_inline void sock_store_mapped(struct bpf_sock_addr *ctx, __be32 address,
					      __be16 port)
{
	ctx->user_ip6[3] = address;
	ctx->user_port = port;
}

static __always_inline int sock_translate4(struct bpf_sock_addr *ctx, _Bool connecting)
{
	struct lb4_backend *backend;
	int verdict =
		sock_forward4(ctx, connecting, ctx->user_ip4, (__be16)ctx->user_port, &backend);

	if (verdict == SOCK_PROCEED && backend)
		sock_store4(ctx, backend->address, backend->port);
	return verdict;
}

static __always_inline int sock_translate_mapped(struct bpf_sock_addr *ctx)
{
	struct lb4_backend *backend;
	int verdict = sock_forward4(ctx, 1, ctx->user_ip6[3], (__be16)ctx->user_port, &backend);

	if (verdict == SOCK_PROCEED && backend)
		sock_store_mapped(ctx, backend->address, backend->port);
	return verdict;
}

static __always_inline int sock_translate6(struct bpf_sock_addr *ctx, _Bool connecting,
					   const union v6addr *address)
{
	struct lb6_backend *backend;
	int verdict = sock_forward6(ctx, connecting, address, (__be16)ctx->user_port, &backend);

	if (verdict == SOCK_PROCEED && backend)
		sock_store6(ctx, &backend->address, backend->port);
	return verdict;
}

SEC("cgroup/connect4")
int lbx_connect4(struct bpf_sock_addr *ctx)
{
	return sock_translate4(ctx, 1);
}

SEC("cgroup/connect6")
int lbx_connect6(struct bpf_sock_addr *ctx)
{
	union v6addr address;

	sock_load6(ctx, &address);
	if (sock_is_mapped(&address))
		return sock_translate_mapped(ctx);
	return sock_translate6(ctx, 1, &address);
}

SEC("cgroup/sendmsg4")
int lbx_sendmsg4(struct bpf_sock_addr *ctx)
{
	return sock_translate4(ctx, 0);
}

/* The kernel hands datagrams to mapped addresses to sendmsg4. */
SEC("cgroup/sendmsg6")
int lbx_sendmsg6(struct bpf_sock_addr *ctx)
{
	union v6addr address;

	sock_load6(ctx, &address);
	return sock_translate6(ctx, 0, &address);
}

SEC("cgroup/recvmsg4")
int lbx_recvmsg4(struct bpf_sock_addr *ctx)
{
	__be32 service;
	__be16 port;

	if (sock_source4(ctx, ctx->user_ip4, (__be16)ctx->user_port, &service, &port))
		sock_store4(ctx, service, port);
	return SOCK_PROCEED;
}

SEC("cgroup/recvmsg6")
int lbx_recvmsg6(struct bpf_sock_addr *ctx)
{
	const void *service6;
	union v6addr address;
	__be32 service4;
	__be16 port;

	sock_load6(ctx, &address);
	if (sock_is_mapped(&address)) {
		if (sock_source4(ctx, address.w[3], (__be16)ctx->user_port, &service4, &port))
			sock_store_mapped(ctx, service4, port);
	} else if (sock_source6(ctx, &address, (__be16)ctx->user_port, &service6, &port)) {
		sock_store6(ctx, service6, port);
	}
	return SOCK_PROCEED;
}

SEC("cgroup/getpeername4")
int lbx_getpeername4(struct bpf_sock_addr *ctx)
{
	__be32 service;
	__be16 port;

	if (sock_peer4(ctx, ctx->user_ip4, (__be16)ctx->user_port, &service, &port))
		sock_store4(ctx, service, port);
	return SOCK_PROCEED;
}

SEC("cgroup/getpeername6")
int lbx_getpeername6(struct bpf_sock_addr *ctx)
{
	const void *service6;
	union v6addr address;
	__be32 service4;
	__be16 port;

	sock_load6(ctx, &address);
	if (sock_is_mapped(&address)) {
		if (sock_peer4(ctx, address.w[3], (__be16)ctx->user_port, &service4, &port))
			sock_store_mapped(ctx, service4, port);
	} else if (sock_peer6(ctx, &address, (__be16)ctx->user_port, &service6, &port)) {
		sock_store6(ctx, service6, port);
	}
	return SOCK_PROCEED;
}

SEC("cgroup/post_bind4")
int lbx_post_bind4(struct bpf_sock *ctx)
{
	__u8 proto = sock_protocol(ctx->protocol);

	if (proto && sock_in_host_netns(ctx) &&
	    sock_is_taken4(ctx, ctx->src_ip4, bpf_htons(ctx->src_port), proto))
		return sock_fail(lbx_bind_errno);
	return SOCK_PROCEED;
}

/*
 * A socket bound to :: takes the port of IPv4 too, unless IPV6_V6ONLY, which cannot
 * be seen here: it is refused if the port is a NodePort of either family.
 */
SEC("cgroup/post_bind6")
int lbx_post_bind6(struct bpf_sock *ctx)
{
	union v6addr address = {
		.w = {ctx->src_ip6[0], ctx->src_ip6[1], ctx->src_ip6[2], ctx->src_ip6[3]},
	};
	__be16 port = bpf_htons(ctx->src_port);
	__u8 proto = sock_protocol(ctx->protocol);

	if (!proto || !sock_in_host_netns(ctx))
		return SOCK_PROCEED;
	if (sock_is_mapped(&address) || sock_is_unspecified6(&address)) {
		if (sock_is_taken4(ctx, address.w[3], port, proto))
			return sock_fail(lbx_bind_errno);
	}
	if (!sock_is_mapped(&address) && sock_is_taken6(ctx, &address, port, proto))
		return sock_fail(lbx_bind_errno);
	return SOCK_PROCEED;
}
