// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * vlan.h - which device a tagged frame came in by.
 *
 * A frame keeps its tag when it is sent back, so XDP can send it only to who is on the
 * same VLAN. To the kernel that is a device of its own, which lbx_vlans names by the
 * device and the id in the tag; its addresses, routes and neighbours count. A VLAN that
 * is not there leads nowhere: its packets are left to the kernel, which gives them to
 * the VLAN's device and to what is attached there. Id 0 is a priority and no VLAN.
 */
#ifndef LBX_VLAN_H
#define LBX_VLAN_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/parse.h>

#define LBX_VLANS 4096

struct lbx_vlan_key {
	__u32 ifindex; /* of the device that the frames are on */
	__u16 vlan;    /* id, host order */
	__u8 pad[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);
	__uint(max_entries, LBX_VLANS);
	__type(key, struct lbx_vlan_key);
	__type(value, __u32); /* ifindex of the VLAN's device */
} lbx_vlans SEC(".maps");

/* Set the device that a packet came in by. False: a VLAN that is not known. */
static __always_inline _Bool packet_arrive(const ctx_t *ctx, struct lbx_packet *packet)
{
	struct lbx_vlan_key key = {.ifindex = ctx_ifindex(ctx), .vlan = packet->vlan};
	__u32 *device;

	packet->ifindex = key.ifindex;
	if (!packet->vlan)
		return 1;
	device = bpf_map_lookup_elem(&lbx_vlans, &key);
	if (!device)
		return 0;
	packet->ifindex = *device;
	return 1;
}

#endif
