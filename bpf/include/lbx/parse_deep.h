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
#include <lbx/parse.h>

#define LBX_DEEP_HEADERS 6
#define LBX_DEEP_MAX     256 /* bytes of options or extension headers */

/* Which datagram a fragment is of. */
struct lbx_piece {
	__u32 id; /* as in the header */
	_Bool fragmented;
	_Bool later; /* not the first one: no ports */
};

#if LBX_FAMILY == 4

/* Where the cursor's packet goes on behind the IP header; false: not to be looked into. */
static __always_inline _Bool parse_deep_skip(struct lbx_cursor *cursor, struct lbx_packet *packet,
					     struct lbx_piece *piece)
{
	__u32 options = (packet->ip->ihl - 5) * 4;
	__u16 fragment = packet->ip->frag_off;

	if (packet->ip->ihl < 5 || !parse_take(cursor, options))
		return 0;
	packet->proto = packet->ip->protocol;
	packet->l4_at = packet->l3_at + sizeof(ip_t) + options;
	piece->fragmented = fragment & bpf_htons(LBX_IP_FRAGMENT);
	piece->later = fragment & bpf_htons(0x1fff);
	piece->id = packet->ip->id;
	return 1;
}

/* There is one way through options. */
static __always_inline _Bool parse_deep_forget(struct lbx_packet *packet __attribute__((unused)),
					       struct lbx_piece *piece __attribute__((unused)))
{
	return 1;
}

#else

struct lbx_extension {
	__u8 next;
	__u8 length; /* in units of 8 bytes, less one; of a fragment header always 0 */
	__be16 offset;
	__be32 id;
};

static __always_inline _Bool parse_deep_skip(struct lbx_cursor *cursor, struct lbx_packet *packet,
					     struct lbx_piece *piece)
{
	__u32 at = packet->l3_at + sizeof(ip_t);

	packet->proto = packet->ip->nexthdr;
#pragma unroll
	for (int header = 0; header < LBX_DEEP_HEADERS; header++) {
		struct lbx_extension *extension = cursor->at;
		__u32 bytes;

		if (packet->proto != IPPROTO_HOPOPTS && packet->proto != IPPROTO_DSTOPTS &&
		    packet->proto != IPPROTO_ROUTING && packet->proto != IPPROTO_FRAGMENT)
			break;
		if ((void *)(extension + 1) > cursor->end)
			return 0;
		bytes = 8;
		if (packet->proto == IPPROTO_FRAGMENT) {
			piece->fragmented = extension->offset & bpf_htons(0xfff9);
			piece->later = extension->offset & bpf_htons(0xfff8);
			piece->id = extension->id;
		} else {
			/* The fourth byte of a routing header: segments left. */
			if (packet->proto == IPPROTO_ROUTING && ((__u8 *)extension)[3])
				return 0;
			bytes += extension->length * 8;
		}
		packet->proto = extension->next;
		at += bytes;
		if (at > packet->l3_at + sizeof(ip_t) + LBX_DEEP_MAX || !parse_take(cursor, bytes))
			return 0;
		if (piece->later)
			break;
	}
	packet->l4_at = at;
	return 1;
}

/* What was found behind the IP header. */
struct lbx_deep {
	__u32 l4_at;
	struct lbx_piece piece;
	__u8 proto;
	__u8 pad[1];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lbx_deep);
} lbx_scratch_deep SEC(".maps");

/*
 * Put it away and read it again. What comes from a map may be anything to the verifier:
 * it goes on with one packet, not with one for each way through the headers above.
 */
static __always_inline _Bool parse_deep_forget(struct lbx_packet *packet, struct lbx_piece *piece)
{
	__u32 zero = 0;
	volatile struct lbx_deep *deep = bpf_map_lookup_elem(&lbx_scratch_deep, &zero);

	if (!deep)
		return 0;
	deep->l4_at = packet->l4_at;
	deep->proto = packet->proto;
	deep->piece.id = piece->id;
	deep->piece.fragmented = piece->fragmented;
	deep->piece.later = piece->later;
	packet->l4_at = deep->l4_at;
	packet->proto = deep->proto;
	piece->id = deep->piece.id;
	piece->fragmented = deep->piece.fragmented;
	piece->later = deep->piece.later;
	return packet->l4_at <= ETH_HLEN + 4 + sizeof(ip_t) + LBX_DEEP_MAX;
}

#endif

static __always_inline enum lbx_packet_class
parse_deep(void *data, void *data_end, struct lbx_packet *packet, struct lbx_piece *piece)
{
	struct lbx_cursor cursor = {.at = data, .end = data_end};

	piece->id = 0;
	piece->fragmented = 0;
	piece->later = 0;
	if (parse_packet(data, data_end, packet) == LBX_PACKET_OTHER)
		return LBX_PACKET_OTHER;
	cursor.at = packet->ip + 1;
	if (!parse_deep_skip(&cursor, packet, piece) || !parse_deep_forget(packet, piece))
		return LBX_PACKET_OTHER;
	if (LBX_FAMILY == 6)
		cursor.at = data + packet->l4_at;
	if (piece->later)
		return packet->proto == IPPROTO_TCP || packet->proto == IPPROTO_UDP
			       ? LBX_PACKET_FRAGMENT
			       : LBX_PACKET_OTHER;
	return parse_l4(&cursor, packet);
}

#endif
