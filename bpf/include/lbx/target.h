// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * target.h - whom a flow is bound to, and by which way.
 */
#ifndef LBX_TARGET_H
#define LBX_TARGET_H

#include <linux/types.h>
#include <lbx/events.h>
#include <lbx/family.h>

/* The backend end of a flow. */
struct lbx_target {
	addr_t address;
	__be16 port;
	__u16 rev_nat_index; /* network order */
	__u32 backend_id;
	__u32 generation;
	__u8 flags; /* LBX_FLOW_* seen so far */
	__u8 pad[3];
};

/* What events tell of requests to it. */
static __always_inline __u64 target_about(const struct lbx_target *target)
{
	return event_about(target->backend_id, target->rev_nat_index, LBX_EVENT_REQUEST);
}

/* Where packets go next. */
struct lbx_hop {
	__u32 stamp;   /* 0: nowhere, or its link address is unknown */
	__u32 ifindex; /* of a way that was just looked up */
	__u16 route;
};

/* By fields: whole words may span what was written to the stack in parts. */
static __always_inline void hop_copy(struct lbx_hop *to, const struct lbx_hop *from)
{
	*(volatile __u32 *)&to->stamp = from->stamp;
	*(volatile __u32 *)&to->ifindex = from->ifindex;
	*(volatile __u16 *)&to->route = from->route;
}

#endif
