// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * parse.h - from a frame to the headers that load balancing reads.
 *
 * A cursor holds where the next header starts and where the packet ends. Each
 * parse_* returns a pointer to a header that lies wholly inside the packet and
 * moves the cursor behind it, or returns NULL and leaves the cursor alone.
 * Header fields are network order, as they came.
 *
 * parse_packet() says what a frame of the family is. Only LBX_PACKET_FLOW takes the
 * fast path; what lies between it and LBX_PACKET_OTHER is special (LBX_CALL_SPECIAL).
 */
#ifndef LBX_PARSE_H
#define LBX_PARSE_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/family.h>
#include <lbx/mem.h>

#define LBX_IP_FRAGMENT 0x3fff /* more fragments, or an offset */
#define LBX_VLAN_TAG    4      /* bytes */

/* Byte 13 of a TCP header. */
#define LBX_TCP_FIN 0x01
#define LBX_TCP_SYN 0x02
#define LBX_TCP_RST 0x04
#define LBX_TCP_ACK 0x10

/* The common header. Its checksum (CRC32c) covers the ports, but not the addresses. */
struct lbx_sctp {
	__be16 source;
	__be16 dest;
	__be32 tag;
	__u32 check;
};

struct lbx_cursor {
	void *at;
	void *end;
};

enum lbx_packet_class {
	LBX_PACKET_OTHER,    /* not this family, nothing that is balanced, or cut short */
	LBX_PACKET_OPTIONS,  /* IPv4 with options, IPv6 with extension headers */
	LBX_PACKET_FRAGMENT, /* first ones included */
	LBX_PACKET_ICMP,     /* ICMP, ICMPv6 */
	LBX_PACKET_TUNNEL,   /* IPv4 in IPv4, IPv6 in IPv6 */
	LBX_PACKET_FLOW,     /* TCP, UDP or SCTP with all of its header, and no options before it */
};

/*
 * What parse_packet() fills: eth, ip, l3_at and vlan unless LBX_PACKET_OTHER; all but
 * ifindex for LBX_PACKET_FLOW.
 */
struct lbx_packet {
	struct ethhdr *eth;
	ip_t *ip;
	union {
		void *l4;
		struct tcphdr *tcp;
		struct udphdr *udp;
	};
	__be16 sport;
	__be16 dport;
	__u8 proto;     /* IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP */
	__u8 tcp_flags; /* LBX_TCP_*; 0 for others */
	__u8 l4_bytes;  /* length of the TCP or UDP header, by its own account */
	__u8 l3_at;     /* where the IP header starts */
	__u16 l4_at;    /* where TCP or UDP starts */
	__u16 vlan;     /* id in its VLAN tag, 0 for none */
	__u32 ifindex;  /* the device it came in by, of a VLAN its own: packet_arrive() */
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

/* struct ethhdr is packed: read as a whole, not by bytes. */
static __always_inline __be16 parse_protocol(const struct ethhdr *eth)
{
	return *(const mem_u16 *)((const void *)eth + offsetof(struct ethhdr, h_proto));
}

/* The ethertype of a frame, network order; 0 for one without. */
static __always_inline __be16 parse_ethertype(void *data, void *data_end)
{
	struct lbx_cursor cursor = {.at = data, .end = data_end};
	struct ethhdr *eth = parse_eth(&cursor);

	return eth ? parse_protocol(eth) : 0;
}

/* The fixed part; the cursor stands behind it even when options follow. */
static __always_inline ip_t *parse_ip(struct lbx_cursor *cursor)
{
	return parse_take(cursor, sizeof(ip_t));
}

static __always_inline struct tcphdr *parse_tcp(struct lbx_cursor *cursor)
{
	return parse_take(cursor, sizeof(struct tcphdr));
}

static __always_inline struct udphdr *parse_udp(struct lbx_cursor *cursor)
{
	return parse_take(cursor, sizeof(struct udphdr));
}

/* The packet's own addresses, both in a row. */
static __always_inline addr_t *packet_saddr(const struct lbx_packet *packet)
{
	return (addr_t *)&packet->ip->saddr;
}

static __always_inline addr_t *packet_daddr(const struct lbx_packet *packet)
{
	return (addr_t *)&packet->ip->daddr;
}

/* Bytes from the IP header to the payload of a packet of LBX_PACKET_FLOW. */
static __always_inline __u32 packet_headers(const struct lbx_packet *packet)
{
	return packet->l4_at - packet->l3_at + packet->l4_bytes;
}

#if LBX_FAMILY == 4

#define LBX_ETH_P          ETH_P_IP
#define LBX_IPPROTO_TUNNEL IPPROTO_IPIP

/* Bytes of the packet by its own account, link header not included. */
static __always_inline __u32 packet_ip_length(const struct lbx_packet *packet)
{
	return bpf_ntohs(packet->ip->tot_len);
}

static __always_inline __u8 *packet_ttl(const struct lbx_packet *packet)
{
	return &packet->ip->ttl;
}

/* Must it stay in one piece on its way (don't fragment)? */
static __always_inline _Bool packet_is_whole(const struct lbx_packet *packet)
{
	return packet->ip->frag_off & bpf_htons(0x4000);
}

/* Nothing between IP and TCP or UDP, and no fragment? */
static __always_inline _Bool packet_is_plain(const struct lbx_packet *packet)
{
	return packet->l4_at == packet->l3_at + sizeof(ip_t) &&
	       !(packet->ip->frag_off & bpf_htons(LBX_IP_FRAGMENT));
}

/* The class by the IP header; LBX_PACKET_FLOW: packet->proto is worth a look. */
static __always_inline enum lbx_packet_class parse_ip_class(struct lbx_packet *packet)
{
	if (packet->ip->version != 4 || packet->ip->ihl < 5)
		return LBX_PACKET_OTHER;
	packet->proto = packet->ip->protocol;
	if (packet->ip->ihl != 5)
		return LBX_PACKET_OPTIONS;
	if (packet->ip->frag_off & bpf_htons(LBX_IP_FRAGMENT))
		return LBX_PACKET_FRAGMENT;
	if (packet->proto == IPPROTO_ICMP)
		return LBX_PACKET_ICMP;
	return LBX_PACKET_FLOW;
}

#else

#define LBX_ETH_P          ETH_P_IPV6
#define LBX_IPPROTO_TUNNEL IPPROTO_IPV6

static __always_inline __u32 packet_ip_length(const struct lbx_packet *packet)
{
	return sizeof(ip_t) + bpf_ntohs(packet->ip->payload_len);
}

static __always_inline __u8 *packet_ttl(const struct lbx_packet *packet)
{
	return &packet->ip->hop_limit;
}

static __always_inline _Bool packet_is_whole(const struct lbx_packet *packet
					     __attribute__((unused)))
{
	return 1;
}

static __always_inline _Bool packet_is_plain(const struct lbx_packet *packet)
{
	return packet->l4_at == packet->l3_at + sizeof(ip_t);
}

static __always_inline enum lbx_packet_class parse_ip_class(struct lbx_packet *packet)
{
	if (packet->ip->version != 6)
		return LBX_PACKET_OTHER;
	packet->proto = packet->ip->nexthdr;
	switch (packet->proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		return LBX_PACKET_OPTIONS;
	case IPPROTO_FRAGMENT:
		return LBX_PACKET_FRAGMENT;
	case IPPROTO_ICMPV6:
		return LBX_PACKET_ICMP;
	default:
		return LBX_PACKET_FLOW;
	}
}

#endif

/* What starts at the cursor: fills the part of `packet` that LBX_PACKET_FLOW has. */
static __always_inline enum lbx_packet_class parse_l4(struct lbx_cursor *cursor,
						      struct lbx_packet *packet)
{
	packet->tcp_flags = 0;
	if (packet->proto == IPPROTO_TCP) {
		packet->tcp = parse_tcp(cursor);
		if (!packet->tcp)
			return LBX_PACKET_OTHER;
		packet->tcp_flags = ((__u8 *)packet->tcp)[13];
		packet->l4_bytes = (((__u8 *)packet->tcp)[12] >> 4) * 4;
	} else if (packet->proto == IPPROTO_UDP) {
		packet->udp = parse_udp(cursor);
		if (!packet->udp)
			return LBX_PACKET_OTHER;
		packet->l4_bytes = sizeof(struct udphdr);
	} else if (packet->proto == IPPROTO_SCTP) {
		packet->l4 = parse_take(cursor, sizeof(struct lbx_sctp));
		if (!packet->l4)
			return LBX_PACKET_OTHER;
		packet->l4_bytes = sizeof(struct lbx_sctp);
	} else {
		return packet->proto == LBX_IPPROTO_TUNNEL ? LBX_PACKET_TUNNEL : LBX_PACKET_OTHER;
	}
	/* All three have the ports in the same place. */
	packet->sport = packet->udp->source;
	packet->dport = packet->udp->dest;
	return LBX_PACKET_FLOW;
}

static __always_inline enum lbx_packet_class parse_l3(struct lbx_cursor *cursor,
						      struct lbx_packet *packet)
{
	enum lbx_packet_class class;

	packet->ip = parse_ip(cursor);
	if (!packet->ip)
		return LBX_PACKET_OTHER;
	class = parse_ip_class(packet);
	if (class != LBX_PACKET_FLOW)
		return class;
	packet->l4_at = packet->l3_at + sizeof(ip_t);
	return parse_l4(cursor, packet);
}

/* For fast paths: a frame without a VLAN tag. */
static __always_inline enum lbx_packet_class parse_untagged(void *data, void *data_end,
							    struct lbx_packet *packet)
{
	struct lbx_cursor cursor = {.at = data, .end = data_end};

	packet->eth = parse_eth(&cursor);
	if (!packet->eth || parse_protocol(packet->eth) != bpf_htons(LBX_ETH_P))
		return LBX_PACKET_OTHER;
	packet->l3_at = sizeof(struct ethhdr);
	packet->vlan = 0;
	return parse_l3(&cursor, packet);
}

/*
 * 1 for the ethertype of a VLAN tag, else 0. Computed without a branch: the verifier
 * goes one way behind it, and not all of a slow path twice.
 */
static __always_inline __u32 parse_is_tag(__be16 protocol)
{
	__u32 customer = protocol ^ bpf_htons(ETH_P_8021Q);
	__u32 service = protocol ^ bpf_htons(ETH_P_8021AD);

	barrier_var(customer);
	barrier_var(service);
	return ((customer - 1) | (service - 1)) >> 31;
}

/* Fills `packet` as far as the class that it returns says. One VLAN tag is stepped over. */
static __always_inline enum lbx_packet_class parse_packet(void *data, void *data_end,
							  struct lbx_packet *packet)
{
	struct lbx_cursor cursor = {.at = data, .end = data_end};
	__u32 tagged, tag;

	packet->eth = parse_eth(&cursor);
	if (!packet->eth)
		return LBX_PACKET_OTHER;
	tagged = parse_is_tag(parse_protocol(packet->eth));
	tag = tagged * LBX_VLAN_TAG;
	barrier_var(tag);
	cursor.at = data + tag;
	if (!parse_eth(&cursor))
		return LBX_PACKET_OTHER;
	/* The ethertype stands before the IP header, and a tag's id before it. */
	if (*(mem_u16 *)(cursor.at - 2) != bpf_htons(LBX_ETH_P))
		return LBX_PACKET_OTHER;
	packet->l3_at = sizeof(struct ethhdr) + tag;
	packet->vlan = (bpf_ntohs(*(mem_u16 *)(cursor.at - 4)) & 0xfff) * tagged;
	return parse_l3(&cursor, packet);
}

#endif
