// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * flow_state.h - what is known of a flow: its key, its rewrite, what was seen of it,
 * and how long it lives.
 *
 * One flow is two halves. The request half is in the flow table (flow.h, direction
 * REQUEST). The reply half is in lbx_rev (reverse.h) when the backend is remote and
 * replies come to our SNAT port, or in the flow table (direction REPLY) when the
 * backend is local. Times are jiffies (clock.h), addresses and ports network order.
 */
#ifndef LBX_FLOW_STATE_H
#define LBX_FLOW_STATE_H

#include <linux/in.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/clock.h>
#include <lbx/family.h>
#include <lbx/mem.h>
#include <lbx/parse.h>
#include <lbx/rewrite_delta.h>

#define LBX_FLOW_REQUEST 0
#define LBX_FLOW_REPLY   1

/* A flow's packets as they arrive. */
struct lbx_flow_key {
	addr_t saddr;
	addr_t daddr;
	__be16 sport;
	__be16 dport;
	__u8 proto;     /* IPPROTO_* */
	__u8 direction; /* LBX_FLOW_* */
	__u8 pad[2];
} __attribute__((aligned(8))); /* on the stack, for flow_is() */

/* What was seen of a flow; both halves have the same, either may learn it first. */
#define LBX_FLOW_LOCAL       0x01 /* backend on this node */
#define LBX_FLOW_REPLIED     0x02 /* the backend answered */
#define LBX_FLOW_FIN_REQUEST 0x04
#define LBX_FLOW_FIN_REPLY   0x08
#define LBX_FLOW_RESET       0x10 /* RST, or the backend was removed */
#define LBX_FLOW_CONFIRMED   0x20 /* the client answered the backend's answer: no spoofed SYN */
#define LBX_FLOW_DSR         0x40 /* the backend answers the client itself: no reply half here */
#define LBX_FLOW_PEER        0x80 /* LOCAL: past the node's stack both ways (peer.h) */

/*
 * IPv4: 64 bytes; with the kernel's 48 and the key, an entry is two cache lines.
 * IPv6: 104, and three.
 */
struct lbx_flow {
	addr_t saddr; /* the addresses and ports to write: struct lbx_rewrite */
	addr_t daddr;
	__be16 sport;
	__be16 dport;
#if LBX_FAMILY == 4
	__u16 l3_delta; /* checksum deltas (checksum.h); TTL included unless LOCAL */
#endif
	__u16 l4_delta;
	__u8 flags;          /* LBX_FLOW_* */
	__u8 way;            /* of the reply half in its bucket of lbx_rev */
	__u16 rev_nat_index; /* network order */
	__u16 route;         /* index into lbx_routes */
#if LBX_FAMILY == 4
	__u8 pad[2];
#endif
	__u32 backend_id;
	__u32 generation;  /* of the backend's metadata */
	__u32 route_stamp; /* expected at `route` */
	__u32 last_seen;   /* jiffies, exact to a quarter of a second */
	__u32 checked;     /* jiffies: when the route was last asked for */
#if LBX_FAMILY == 4
	__u8 pad2[4];
#endif
	struct lbx_flow_key key; /* whose entry this is */
};

_Static_assert(sizeof(struct lbx_flow_key) == 2 * sizeof(addr_t) + 8, "flow key: no holes");
_Static_assert(sizeof(struct lbx_flow) == FAMILY_OF(64, 104), "flow value");
REWRITE_ASSERT_AT(lbx_flow, daddr, daddr);
REWRITE_ASSERT_AT(lbx_flow, sport, sport);
REWRITE_ASSERT_AT(lbx_flow, l4_delta, l4_delta);

/*
 * The key of a packet's flow, in whole words: the table hashes and compares by
 * words, and a load waits for smaller stores that it spans.
 */
static __always_inline void flow_key_with(const struct lbx_packet *packet, __u32 ports,
					  __u8 direction, struct lbx_flow_key *key)
{
	mem_u64 *rest = (mem_u64 *)&key->sport;

	mem_copy8(key, packet_saddr(packet), 2 * sizeof(addr_t));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	*rest = ports | (__u64)packet->proto << 32 | (__u64)direction << 40;
#else
	*rest = (__u64)ports << 32 | (__u64)packet->proto << 24 | (__u64)direction << 16;
#endif
}

static __always_inline void flow_key(const struct lbx_packet *packet, __u8 direction,
				     struct lbx_flow_key *key)
{
	flow_key_with(packet, *(const mem_u32 *)packet->l4, direction, key);
}

/* Jiffies that a flow of these flags may stay silent. */
static __always_inline __u32 flow_timeout(__u8 proto, __u8 flags)
{
	__u32 seconds;

	if (proto != IPPROTO_TCP && !(flags & LBX_FLOW_RESET))
		seconds = flags & LBX_FLOW_CONFIRMED ? lbx_udp_open_seconds : lbx_udp_new_seconds;
	else if (flags & LBX_FLOW_RESET ||
		 (flags & LBX_FLOW_FIN_REQUEST && flags & LBX_FLOW_FIN_REPLY))
		seconds = lbx_tcp_closed_seconds;
	else if (flags & (LBX_FLOW_FIN_REQUEST | LBX_FLOW_FIN_REPLY))
		seconds = lbx_tcp_half_closed_seconds;
	else if (flags & LBX_FLOW_CONFIRMED)
		seconds = lbx_tcp_open_seconds;
	else
		seconds = lbx_tcp_new_seconds;
	return seconds * lbx_hz;
}

/*
 * Jiffies since `last_seen`. Another CPU may have seen a packet in the jiffy after the
 * one that this CPU calls now: that is 0, not an age of years.
 */
static __always_inline __u32 flow_age(__u32 last_seen, __u32 now)
{
	__u32 age = now - last_seen;

	return age + lbx_hz < lbx_hz ? 0 : age;
}

static __always_inline _Bool flow_is_expired(const struct lbx_flow *flow, __u32 now)
{
	return flow_age(flow->last_seen, now) > flow_timeout(flow->key.proto, flow->flags);
}

static __always_inline struct lbx_rewrite *flow_rewrite(struct lbx_flow *flow)
{
	return (struct lbx_rewrite *)flow;
}

/* The flags after a packet in the given direction. */
static __always_inline __u8 flow_flags_after(__u8 flags, __u8 direction, __u8 tcp_flags)
{
	if (direction == LBX_FLOW_REPLY)
		flags |= LBX_FLOW_REPLIED;
	else if (flags & LBX_FLOW_REPLIED && !(tcp_flags & LBX_TCP_SYN))
		flags |= LBX_FLOW_CONFIRMED;
	if (tcp_flags & LBX_TCP_FIN)
		flags |= direction == LBX_FLOW_REPLY ? LBX_FLOW_FIN_REPLY : LBX_FLOW_FIN_REQUEST;
	if (tcp_flags & LBX_TCP_RST)
		flags |= LBX_FLOW_RESET;
	return flags;
}

/* Would the next request packet confirm the flow? */
static __always_inline _Bool flow_is_unconfirmed(__u8 flags)
{
	return (flags & (LBX_FLOW_REPLIED | LBX_FLOW_CONFIRMED)) == LBX_FLOW_REPLIED;
}

/* A client that starts anew on the same port may do so once either side has closed. */
static __always_inline _Bool flow_is_closing(__u8 flags)
{
	return flags & (LBX_FLOW_FIN_REQUEST | LBX_FLOW_FIN_REPLY | LBX_FLOW_RESET);
}

/* SYN, FIN and RST change what a flow is; everything else may take the fast path. */
static __always_inline _Bool flow_is_event(__u8 tcp_flags)
{
	return tcp_flags & (LBX_TCP_SYN | LBX_TCP_FIN | LBX_TCP_RST);
}

#endif
