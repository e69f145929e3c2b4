// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * rewrite_delta.h - what a packet's headers become, and what that does to the checksums.
 *
 * A flow's entry and a reply half begin with a struct lbx_rewrite, which is computed
 * when they are made and written into each packet (rewrite.h).
 */
#ifndef LBX_REWRITE_DELTA_H
#define LBX_REWRITE_DELTA_H

#include <linux/types.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>
#include <lbx/checksum.h>
#include <lbx/family.h>

struct lbx_rewrite {
	addr_t saddr;
	addr_t daddr;
	__be16 sport;
	__be16 dport;
#if LBX_FAMILY == 4
	__u16 l3_delta; /* as in checksum.h; of packets that are sent, the TTL included */
#endif
	__u16 l4_delta;
};

#define REWRITE_ASSERT_AT(type, name, field)                                               \
	_Static_assert(offsetof(struct type, field) == offsetof(struct lbx_rewrite, name), \
		       "struct " #type " begins with a rewrite: " #field)

/*
 * Deltas for turning packets with these addresses and ports into those of `to`, whose
 * addresses and ports are set; with `sends`, for packets that are sent on, with one
 * hop less to go.
 */
static __always_inline void rewrite_deltas(const addr_t *saddr, const addr_t *daddr, __be16 sport,
					   __be16 dport, struct lbx_rewrite *to,
					   _Bool sends __attribute__((unused)))
{
	__u64 sum =
		checksum_replace_addr(saddr, &to->saddr) + checksum_replace_addr(daddr, &to->daddr);

#if LBX_FAMILY == 4
	to->l3_delta = checksum_fold(sends ? sum + LBX_CHECKSUM_TTL_MINUS_1 : sum);
#endif
	to->l4_delta = checksum_fold(sum + checksum_replace16(sport, to->sport) +
				     checksum_replace16(dport, to->dport));
}

/* Copy it, and not what an entry has behind it. */
static __always_inline void rewrite_copy(struct lbx_rewrite *to, const struct lbx_rewrite *from)
{
	to->saddr = from->saddr;
	to->daddr = from->daddr;
	to->sport = from->sport;
	to->dport = from->dport;
#if LBX_FAMILY == 4
	to->l3_delta = from->l3_delta;
#endif
	to->l4_delta = from->l4_delta;
}

#endif
