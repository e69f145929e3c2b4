// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * fragments.h - the ports of fragmented datagrams.
 *
 * Only the first fragment has ports, and so a flow; lbx_fragments remembers them for the
 * others. What is remembered is only of datagrams that are ours, for LBX_FRAGMENT_SECONDS
 * (a receiver waits no longer), in an LRU: a flood of first fragments displaces other
 * fragmented datagrams, nothing else.
 */
#ifndef LBX_FRAGMENTS_H
#define LBX_FRAGMENTS_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/clock.h>
#include <lbx/family.h>
#include <lbx/mem.h>
#include <lbx/parse_deep.h>

#define LBX_FRAGMENTS        16384
#define LBX_FRAGMENT_SECONDS 60

/* A datagram; addresses and id as in its headers. */
struct lbx_fragment_key {
	addr_t saddr;
	addr_t daddr;
	__u32 id;
	__u8 proto;
	__u8 pad[3];
};

struct lbx_fragment {
	__be16 sport;
	__be16 dport;
	__u32 seen; /* jiffies */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LBX_FRAGMENTS);
	__type(key, struct lbx_fragment_key);
	__type(value, struct lbx_fragment);
} lbx_fragments SEC(".maps");

/* `addresses`: source and destination, in a row. */
static __always_inline void fragments_key(const addr_t *addresses, __u8 proto,
					  const struct lbx_piece *piece,
					  struct lbx_fragment_key *key)
{
	mem_zero(key);
	mem_copy_by(key, addresses, 2 * sizeof(addr_t), 4);
	key->id = piece->id;
	key->proto = proto;
}

/* The first fragment of a datagram that is ours. */
static __always_inline void fragments_remember(const struct lbx_packet *packet,
					       const struct lbx_piece *piece)
{
	struct lbx_fragment_key key;
	struct lbx_fragment fragment = {
		.sport = packet->sport,
		.dport = packet->dport,
		.seen = clock_now(),
	};

	fragments_key(packet_saddr(packet), packet->proto, piece, &key);
	bpf_map_update_elem(&lbx_fragments, &key, &fragment, BPF_ANY);
}

/* The ports of a later fragment, or NULL: its first one was not seen, or is not ours. */
static __always_inline struct lbx_fragment *fragments_find(const addr_t *addresses, __u8 proto,
							   const struct lbx_piece *piece)
{
	struct lbx_fragment_key key;
	struct lbx_fragment *fragment;

	fragments_key(addresses, proto, piece, &key);
	fragment = bpf_map_lookup_elem(&lbx_fragments, &key);
	if (!fragment || clock_now() - fragment->seen > LBX_FRAGMENT_SECONDS * lbx_hz)
		return NULL;
	return fragment;
}

/* A later fragment: fills the ports. False: its first one was not seen, or is not ours. */
static __always_inline _Bool fragments_recall(struct lbx_packet *packet,
					      const struct lbx_piece *piece)
{
	struct lbx_fragment *fragment = fragments_find(packet_saddr(packet), packet->proto, piece);

	if (!fragment)
		return 0;
	packet->sport = fragment->sport;
	packet->dport = fragment->dport;
	return 1;
}

#endif
