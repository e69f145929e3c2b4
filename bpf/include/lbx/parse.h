// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * parse.h - from a frame to the headers that load balancing reads.
 *
 * A cursor holds where the next header starts and where the packet ends. Each
 * parse_* returns a pointer to a header that lies wholly inside the packet and
 * moves the cursor behind it, or returns NULL and leaves the cursor alone.
 * Header fields are network order, as they came.
 *
 * parse_packet4() says what a frame is. Only LBX_PACKET4_FLOW is served today; the
 * other classes are passed up untouched, each where its own handling will be.
 */
#ifndef LBX_PARSE_H
#define LBX_PARSE_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/mem.h>

#define LBX_IP_FRAGMENT 0x3fff /* more fragments, or an offset */

/* Byte 13 of a TCP header. */
#define LBX_TCP_FIN 0x01
#define LBX_TCP_SYN 0x02
#define LBX_TCP_RST 0x04
#define LBX_TCP_ACK 0x10

struct lbx_cursor {
	void *at;
	void *end;
};

enum lbx_packet_class {
	LBX_PACKET_OTHER,     /* not IPv4 (VLAN and IPv6 too), or not TCP/UDP, or cut short */
	LBX_PACKET4_OPTIONS,  /* IPv4 with options */
	LBX_PACKET4_FRAGMENT, /* IPv4 fragment, first ones included */
	LBX_PACKET4_FLOW,     /* IPv4 TCP or UDP with all of its header */
};

struct lbx_packet4 {
	struct ethhdr *eth;
	struct iphdr *ip;
	union {
		void *l4;
		struct tcphdr *tcp;
		struct udphdr *udp;
	};
	__be16 sport;
	__be16 dport;
	__u8 proto;     /* IPPROTO_TCP or IPPROTO_UDP */
	__u8 tcp_flags; /* LBX_TCP_*; 0 for UDP */
};

static __always_inline void *parse_take(struct lbx_cursor *cursor, __u32 bytes)
{
	void *header = cursor->at;

	if (header + bytes > cursor->end)
		return NULL;
	cursor->at = header + bytes;
	return header;
}

static __always_inline struct ethhdr *parse_eth(struct lbx_cursor *cursor)
{
	return parse_take(cursor, sizeof(struct ethhdr));
}

/* The fixed 20 bytes; the cursor stands behind these even when options follow. */
static __always_inline struct iphdr *parse_ipv4(struct lbx_cursor *cursor)
{
	return parse_take(cursor, sizeof(struct iphdr));
}

static __always_inline struct tcphdr *parse_tcp(struct lbx_cursor *cursor)
{
	return parse_take(cursor, sizeof(struct tcphdr));
}

static __always_inline struct udphdr *parse_udp(struct lbx_cursor *cursor)
{
	return parse_take(cursor, sizeof(struct udphdr));
}

/* Fills `packet` as far as the class that it returns says. */
static __always_inline enum lbx_packet_class parse_packet4(void *data, void *data_end,
							   struct lbx_packet4 *packet)
{
	struct lbx_cursor cursor = {.at = data, .end = data_end};

	packet->eth = parse_eth(&cursor);
	/* struct ethhdr is packed: read as a whole, not by bytes. */
	if (!packet->eth || *(mem_u16 *)&packet->eth->h_proto != bpf_htons(ETH_P_IP))
		return LBX_PACKET_OTHER;

	packet->ip = parse_ipv4(&cursor);
	if (!packet->ip || packet->ip->version != 4 || packet->ip->ihl < 5)
		return LBX_PACKET_OTHER;
	if (packet->ip->ihl != 5)
		return LBX_PACKET4_OPTIONS;
	if (packet->ip->frag_off & bpf_htons(LBX_IP_FRAGMENT))
		return LBX_PACKET4_FRAGMENT;

	packet->proto = packet->ip->protocol;
	packet->tcp_flags = 0;
	if (packet->proto == IPPROTO_TCP) {
		packet->tcp = parse_tcp(&cursor);
		if (!packet->tcp)
			return LBX_PACKET_OTHER;
		packet->tcp_flags = ((__u8 *)packet->tcp)[13];
	} else if (packet->proto == IPPROTO_UDP) {
		packet->udp = parse_udp(&cursor);
		if (!packet->udp)
			return LBX_PACKET_OTHER;
	} else {
		return LBX_PACKET_OTHER;
	}
	/* TCP and UDP have the ports in the same place. */
	packet->sport = packet->udp->source;
	packet->dport = packet->udp->dest;
	return LBX_PACKET4_FLOW;
}

#endif
