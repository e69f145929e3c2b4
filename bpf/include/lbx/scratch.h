// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * scratch.h - memory of this CPU for what the 512 bytes of stack do not hold.
 *
 * One set for all of a program's run, its tail calls and callbacks; nobody else
 * uses it meanwhile. (Softirqs do not interrupt each other on a CPU, and what
 * runs in a process has them off.) Each member is one function's or one file's:
 * see there. Nothing in it outlives the packet, so the map belongs to the
 * object and is not pinned.
 */
#ifndef LBX_SCRATCH_H
#define LBX_SCRATCH_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/flow.h>
#include <lbx/reverse.h>

struct lbx_scratch {
	struct lbx_flow flow;      /* request_bind.h: to be inserted */
	struct lbx_rev want;       /* request_bind.h, snat.h: to be given a port */
	struct bpf_fib_lookup fib; /* routes.h */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lbx_scratch);
} lbx_scratch SEC(".maps");

/* Never NULL, which the verifier does not know. */
static __always_inline struct lbx_scratch *scratch_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&lbx_scratch, &zero);
}

#endif
