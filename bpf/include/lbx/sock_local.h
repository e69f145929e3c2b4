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
#include <lbx/local_addrs.h>
#include <lbx/sock.h>
#include <lbx/sock_address.h>
#include <lbx/structs.h>

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
