// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * parse_deep.h - parse_packet() for slow paths: through IPv4 options, IPv6 extension
 * headers and first fragments.
 *
 * parse_deep() gives LBX_PACKET_FLOW for every packet that starts TCP or UDP, with
 * packet->l4 where that is, and LBX_PACKET_FRAGMENT only for the later pieces of a
 * datagram, with packet->proto. IPv6: hop-by-hop, routing, destination options and
 * fragment headers, LBX_DEEP_HEADERS of them at most. A routing header with segments
 * left is not ours: the packet is for somebody else in the end.
 */
#ifndef LBX_PARSE_DEEP_H
#define LBX_PARSE_DEEP_H

#include <linux/in.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/mem.h>
#include <lbx/parse.h>
#include <lbx/vlan.h>

#define LBX_DEEP_HEADERS 6
#define LBX_DEEP_MAX     256 /* bytes of options or extension headers */

/* What lies between the IP header and TCP or UDP. */
struct lbx_piece {
	__u32 id;        /* of the datagram, if it is a fragment; as in the header */
	__u16 l4_at;     /* where the next protocol starts */
	__u8 proto;      /* which it is */
	__u8 fragmented; /* 1: there are other fragments */
	__u8 later;      /* 1: not the first one, so there are no ports */
	__u8 pad[3];
};

/*
 * Fill `piece` for a packet whose IP header is at `l3_at`; 0, or -1: not to be looked into.
 * A global function, verified by itself: to its callers what it found is unknown numbers,
 * however many ways lead there.
 */
#if LBX_FAMILY == 4

__noinline int parse_deep_skip(ctx_t *ctx, __u32 l3_at, struct lbx_piece *piece)
{
	ip_t ip;

	if (!piece || ctx_load(ctx, l3_at, &ip, sizeof(ip)) || ip.ihl < 5)
		return -1;
	piece->proto = ip.protocol;
	piece->l4_at = l3_at + ip.ihl * 4;
	piece->fragmented = !!(ip.frag_off & bpf_htons(LBX_IP_FRAGMENT));
	piece->later = !!(ip.frag_off & bpf_htons(0x1fff));
	piece->id = ip.id;
	return 0;
}

#else

struct lbx_extension {
	__u8 next;
	__u8 length; /* in units of 8 bytes, less one; of a fragment header always 0 */
	__be16 offset;
	__be32 id;
};

__noinline int parse_deep_skip(ctx_t *ctx, __u32 l3_at, struct lbx_piece *piece)
{
	struct lbx_extension extension;
	__u32 at = l3_at + sizeof(ip_t);
	__u8 proto;

	if (!piece || ctx_load(ctx, l3_at + offsetof(ip_t, nexthdr), &proto, sizeof(proto)))
		return -1;
	piece->fragmented = 0;
	piece->later = 0;
	piece->id = 0;
	for (int header = 0; header < LBX_DEEP_HEADERS && !piece->later; header++) {
		if (proto != IPPROTO_HOPOPTS && proto != IPPROTO_DSTOPTS &&
		    proto != IPPROTO_ROUTING && proto != IPPROTO_FRAGMENT)
			break;
		if (ctx_load(ctx, at, &extension, sizeof(extension)))
			return -1;
		if (proto == IPPROTO_FRAGMENT) {
			piece->fragmented = !!(extension.offset & bpf_htons(0xfff9));
			piece->later = !!(extension.offset & bpf_htons(0xfff8));
			piece->id = extension.id;
			extension.length = 0;
		} else if (proto == IPPROTO_ROUTING && ((__u8 *)&extension.offset)[1]) {
			return -1; /* segments left: for somebody else in the end */
		}
		proto = extension.next;
		at += 8 + extension.length * 8;
		if (at > l3_at + sizeof(ip_t) + LBX_DEEP_MAX)
			return -1;
	}
	piece->proto = proto;
	piece->l4_at = at;
	return 0;
}

#endif

/*
 * The device that the packet came in by is filled as well (packet->ifindex); of a VLAN that
 * nobody knows all is LBX_PACKET_OTHER. `piece` is in scratch memory, so that ways through here
 * differ in nothing that is known.
 */
static __always_inline enum lbx_packet_class parse_deep(ctx_t *ctx, struct lbx_packet *packet,
							struct lbx_piece *piece)
{
	struct lbx_cursor cursor;
	__u32 l4_at;

	enum lbx_packet_class class = parse_packet(ctx_data(ctx), ctx_data_end(ctx), packet);

	if (class == LBX_PACKET_OTHER || !packet_arrive(ctx, packet))
		return LBX_PACKET_OTHER;
	switch (class) {
	case LBX_PACKET_FLOW:
		mem_zero(piece);
		piece->proto = packet->proto;
		piece->l4_at = packet->l4_at;
		break;
	default:
		if (parse_deep_skip(ctx, packet->l3_at, piece))
			return LBX_PACKET_OTHER;
	}
	packet->proto = *(volatile __u8 *)&piece->proto;
	l4_at = *(volatile __u16 *)&piece->l4_at;
	if (l4_at > sizeof(struct ethhdr) + 4 + sizeof(ip_t) + LBX_DEEP_MAX)
		return LBX_PACKET_OTHER;
	packet->l4_at = l4_at;
	if (*(volatile __u8 *)&piece->later)
		return packet->proto == IPPROTO_TCP || packet->proto == IPPROTO_UDP ||
				       packet->proto == IPPROTO_SCTP
			       ? LBX_PACKET_FRAGMENT
			       : LBX_PACKET_OTHER;
	cursor.at = ctx_data(ctx) + l4_at;
	cursor.end = ctx_data_end(ctx);
	return parse_l4(&cursor, packet);
}

#endif
