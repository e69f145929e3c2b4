// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * event.h - the record that tells user space of one packet.
 *
 * Addresses and ports are the packet's own, before it was translated, in network
 * order. packages/maps/src/flow/event.ts has the same bytes; compared through BTF.
 */
#ifndef LBX_EVENT_H
#define LBX_EVENT_H

#include <linux/types.h>
#include <lbx/structs.h>

#define LBX_EVENT_REQUEST 1 /* to a service */
#define LBX_EVENT_REPLY   2 /* from a backend */

/* One record of a ring. Addresses and ports network order. */
struct lbx_event {
	__u64 time;         /* ns since boot, CLOCK_MONOTONIC */
	union v6addr saddr; /* IPv4 mapped into ::ffff:0:0/96 */
	union v6addr daddr;
	__be16 sport;
	__be16 dport;
	__u32 ifindex;       /* device of the hook */
	__u32 length;        /* of the frame */
	__u32 backend_id;    /* 0: none known */
	__u32 one_in;        /* this record stands for so many packets */
	__u16 rev_nat_index; /* network order; 0: none known */
	__u16 cpu;
	__u8 reason;    /* enum lbx_reason */
	__u8 hook;      /* enum lbx_hook */
	__u8 direction; /* LBX_EVENT_*, 0: not known */
	__u8 family;    /* 4, 6, or 0: no IP packet */
	__u8 proto;     /* IPPROTO_* */
	__u8 tcp_flags; /* LBX_TCP_* and the others, as in byte 13 of the header */
	__u8 rejected;  /* 1: the sender is told by ICMP */
	__u8 pad;
};

_Static_assert(sizeof(struct lbx_event) == 72, "no holes");

/* Not a setting: keeps the struct in the object's BTF. */
const volatile struct lbx_event lbx_event_layout = {};

#endif
