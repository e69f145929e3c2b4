// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * sock_local.h - is this one of the node's own addresses?
 *
 * Loopback and unspecified addresses (which connect() takes for loopback) are the
 * node's in the node's own network namespace only. All other addresses are looked
 * up in lbx_local_addrs, kept by user space.
 */
#ifndef LBX_SOCK_LOCAL_H
#define LBX_SOCK_LOCAL_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/sock.h>
#include <lbx/sock_address.h>
#include <lbx/structs.h>

/* Addresses of the node, IPv4 mapped into ::ffff:0:0/96; the value has no meaning yet: 0. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);
	__uint(max_entries, 4096);
	__type(key, union v6addr);
	__type(value, __u32);
} lbx_local_addrs SEC(".maps");

static __always_inline _Bool sock_is_own4(void *context, __be32 address)
{
	union v6addr mapped = sock_mapped(address);

	if (sock_is_loopback4(address))
		return sock_in_host_netns(context);
	return bpf_map_lookup_elem(&lbx_local_addrs, &mapped);
}

static __always_inline _Bool sock_is_own6(void *context, const union v6addr *address)
{
	if (sock_is_loopback6(address))
		return sock_in_host_netns(context);
	return bpf_map_lookup_elem(&lbx_local_addrs, address);
}

#endif
