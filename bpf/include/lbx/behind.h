// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * behind.h - what XDP leaves to tc ingress of the same device, which comes after it.
 *
 * XDP can send a packet only by the device that it came by, and only to a link address
 * that is known. With lbx_tc_behind it passes the others on as they came (counted as
 * LBX_NOTE_OTHER_DEVICE); lbx_tc_ingress, with the same maps, finds or makes the same
 * flow and sends them.
 */
#ifndef LBX_BEHIND_H
#define LBX_BEHIND_H

#include <linux/types.h>
#include <lbx/reasons.h>

#ifdef LBX_HOOK_TC

static __always_inline _Bool behind_is_tc(void)
{
	return 0;
}

static __always_inline _Bool behind_delivers(void)
{
	return 0;
}

#else

/* 1: lbx_tc_ingress is attached to every device that lbx_xdp is attached to; 2: it also
 * delivers to backends on this node (its lbx_redirect is 2). */
const volatile __u8 lbx_tc_behind = 0;

static __always_inline _Bool behind_is_tc(void)
{
	return lbx_tc_behind;
}

static __always_inline _Bool behind_delivers(void)
{
	return lbx_tc_behind == 2;
}

#endif

/* The reason not to go on: leave the packet to tc, or `reason`. */
static __always_inline int behind_or(enum lbx_reason reason)
{
	return behind_is_tc() ? LBX_NOTE_OTHER_DEVICE : reason;
}

#endif
