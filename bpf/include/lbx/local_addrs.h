// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * local_addrs.h - the node's addresses without loopback, kept by user space.
 */
#ifndef LBX_LOCAL_ADDRS_H
#define LBX_LOCAL_ADDRS_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/structs.h>

/* IPv4 mapped into ::ffff:0:0/96; the value has no meaning yet: 0. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);
	__uint(max_entries, 4096);
	__type(key, union v6addr);
	__type(value, __u32);
} lbx_local_addrs SEC(".maps");

#endif
