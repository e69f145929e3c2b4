// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * sock.h - settings of the socket load balancer, and what both families share.
 *
 * The programs see a socket's destination before the kernel routes it and replace
 * a service address by one of its backends. No packet is translated afterwards.
 * A hook returns 1 to let the system call go on and 0 to fail it.
 */
#ifndef LBX_SOCK_H
#define LBX_SOCK_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/config.h>
#include <lbx/frontend_meta.h>
#include <lbx/structs.h>

#define SOCK_FAIL    0
#define SOCK_PROCEED 1

/* How often a backend is picked anew when user space removed the one just picked. */
#define SOCK_ATTEMPTS 3

/* errno of the system call; uapi has no header of these that suits BPF. */
#define SOCK_ENOMEM 12

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/*
 * Cookie of the node's own network namespace (SO_NETNS_COOKIE of a socket there).
 * Only there are loopback addresses the node's, and only there is bind() guarded:
 * a pod's 127.0.0.1 and its ports are its own. 0: every namespace counts as the node's.
 */
const volatile __u64 lbx_host_netns_cookie = 0;

/*
 * What getpeername() of a TCP socket gives:
 *   0  the backend. Costs nothing.
 *   1  the service, by an entry of lb*_reverse_sk for each connection: an LRU insert,
 *      and a node that makes many connections forgets the oldest.
 *   2  the service for as long as the socket lives, by socket storage
 *      (sock_origin.h), which costs a new connection more.
 * UDP gives the service in any case.
 */
const volatile __u8 lbx_peer_names = 1;

/*
 * 0: an externalIP is translated only if it is one of the node's addresses, else
 * whoever may create services could take over connections to any address of the
 * world. 1: everywhere, as kube-proxy does.
 */
const volatile __u8 lbx_external_ips_anywhere = 0;

/* 1: obey skip_lb4 and skip_lb6 (services that a namespace is to see untranslated). */
const volatile __u8 lbx_skip_lb_on = 0;

/* 1: obey session affinity (client = network namespace). 0: pick a backend each time. */
const volatile __u8 lbx_affinity_on = 1;

/*
 * What connect() or sendmsg() to a service without backends fails with: the errno
 * that an application gets from a closed port, and from kube-proxy's reject (it
 * may try the next address at once). 113, EHOSTUNREACH, is Cilium's choice.
 * 0: EPERM, without bpf_set_retval(); for kernels before 5.18.
 */
const volatile __u16 lbx_refuse_errno = 111; /* ECONNREFUSED */

/*
 * The same for a service that has backends, but none that its traffic policy allows
 * on this node: the host is not to be reached from here, while connections from
 * other nodes are served. (A packet from outside is dropped, and its sender waits.)
 */
const volatile __u16 lbx_elsewhere_errno = 113; /* EHOSTUNREACH */

/*
 * What bind() to an address and port of a service fails with; 98 is what an occupied
 * port gives. 0: EPERM, for kernels before 6.0, whose bind hooks have no bpf_set_retval().
 */
const volatile __u16 lbx_bind_errno = 98; /* EADDRINUSE */

/* End a hook that fails the system call with `code` (0: EPERM). */
static __always_inline int sock_fail(__u16 code)
{
	if (code)
		bpf_set_retval(-(int)code);
	return SOCK_FAIL;
}

/* End a hook whose service, rev_nat_index in network order, has no backend. */
static __always_inline int sock_refuse(__u16 rev_nat_index)
{
	return sock_fail(frontend_has_endpoints_elsewhere(rev_nat_index) ? lbx_elsewhere_errno
									 : lbx_refuse_errno);
}

/* Whether a translated connect() is noted in the socket itself (sock_origin.h). */
static __always_inline _Bool sock_has_origin(__u8 proto, _Bool connecting)
{
	return connecting && (proto == IPPROTO_UDP || lbx_peer_names == 2);
}

/* Whether a translation is noted in lb*_reverse_sk: that of a datagram always is. */
static __always_inline _Bool sock_has_entry(__u8 proto, _Bool connecting)
{
	return !connecting || (proto == IPPROTO_TCP && lbx_peer_names == 1);
}

/* A connected UDP socket receives from its peer only. */
static __always_inline _Bool sock_is_connected(struct bpf_sock_addr *ctx)
{
	return ctx->sk->state == BPF_TCP_ESTABLISHED;
}

/* The protocol as in service keys; 0: not translated here. */
static __always_inline __u8 sock_protocol(__u32 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_MPTCP:
		return IPPROTO_TCP;
	case IPPROTO_UDP:
		return IPPROTO_UDP;
	default:
		return 0;
	}
}

/* `context`: a struct bpf_sock_addr or a struct bpf_sock. */
static __always_inline _Bool sock_in_host_netns(void *context)
{
	return !lbx_host_netns_cookie || bpf_get_netns_cookie(context) == lbx_host_netns_cookie;
}

static __always_inline _Bool sock_is_nodeport(__be16 port)
{
	__u16 number = bpf_ntohs(port);

	return number >= lbx_nodeport_min && number <= lbx_nodeport_max;
}

/*
 * Whether a service is for the socket hooks at all. L7 services are left to the
 * proxy's redirection, NAT46/64 ones to the packet hooks.
 */
static __always_inline _Bool sock_is_translated(__u8 flags2)
{
	return !(flags2 & (LBX_SVC2_L7 | LBX_SVC2_NAT46X64));
}

/* Whether a frontend of these flags is translated only on the node's own addresses. */
static __always_inline _Bool sock_is_own_address_only(__u8 flags)
{
	if (flags & LBX_SVC_EXTERNAL_IP)
		return !lbx_external_ips_anywhere;
	return flags & LBX_SVC_HOSTPORT;
}

/*
 * Slot 1..count for a new connection: random for TCP; for UDP the socket's cookie,
 * so that the datagrams of one socket stay together. `attempt` moves on from a
 * slot that turned out to be stale. count must not be 0.
 */
static __always_inline __u16 sock_pick_slot(struct bpf_sock_addr *ctx, __u8 proto, __u16 count,
					    __u32 attempt)
{
	__u32 number;

	if (count == 1)
		return 1;
	if (proto == IPPROTO_TCP)
		number = bpf_get_prandom_u32();
	else
		number = (__u32)bpf_get_socket_cookie(ctx) + attempt;
	return number % count + 1;
}

#endif
