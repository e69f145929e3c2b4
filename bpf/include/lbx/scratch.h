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
#include <lbx/icmp_quote.h>
#include <lbx/parse_deep.h>
#include <lbx/reverse.h>
#include <lbx/rewrite_delta.h>
#include <lbx/select.h>
#include <lbx/target.h>

struct lbx_scratch {
	__u32 over; /* request.h: notes that are due when the packet is sent */
	__u32 note;
	struct lbx_flow flow;          /* request_bind.h: to be inserted */
	struct lbx_rev want;           /* request_bind.h, snat.h: to be given a port */
	struct bpf_fib_lookup fib;     /* routes.h */
	struct lbx_piece piece;        /* parse_deep.h */
	struct lbx_flow_key key;       /* request.h */
	struct lbx_flow_key reply_key; /* request.h, request_bind.h */
	struct lbx_target target;      /* request.h */
	struct lbx_rewrite to;         /* request.h: of a known flow */
	struct lbx_hop hop;            /* request.h, to request_bind.h */
	__u8 replace; /* request.h, to request_bind.h: the flow has an entry already */
	struct lbx_selected selected; /* request.h */
	struct lbx_quote quote;       /* icmp_relay.h: what an error is about */
	struct lbx_relay relay;       /* icmp_relay.h: what the error becomes */
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
