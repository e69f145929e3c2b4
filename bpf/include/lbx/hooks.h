// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * hooks.h - where in the kernel a program of the datapath runs.
 *
 * Told to user space in events; packages/maps/src/flow/event.ts has the same numbers.
 */
#ifndef LBX_HOOKS_H
#define LBX_HOOKS_H

enum lbx_hook {
	LBX_HOOK_XDP = 1,
	LBX_HOOK_TC_INGRESS = 2,
	LBX_HOOK_TC_EGRESS = 3,
};

#endif
