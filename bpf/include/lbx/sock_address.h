// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * sock_address.h - kinds of addresses that sockets are given.
 *
 * All are in network order. Mapped is an IPv4 address inside ::ffff:0:0/96.
 */
#ifndef LBX_SOCK_ADDRESS_H
#define LBX_SOCK_ADDRESS_H

#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <lbx/structs.h>

static __always_inline _Bool sock_is_loopback4(__be32 address)
{
	return !address || (address & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
}

static __always_inline _Bool sock_is_unspecified6(const union v6addr *address)
{
	return !(address->d[0] | address->d[1]);
}

/* ::1 or :: */
static __always_inline _Bool sock_is_loopback6(const union v6addr *address)
{
	return !address->d[0] && !address->w[2] && !(address->w[3] & ~bpf_htonl(1));
}

static __always_inline _Bool sock_is_mapped(const union v6addr *address)
{
	return !address->d[0] && address->w[2] == bpf_htonl(0xffff);
}

static __always_inline union v6addr sock_mapped(__be32 address)
{
	union v6addr mapped = {.d = {0, bpf_htonl(0xffff) | (__u64)address << 32}};

	return mapped;
}

#endif
