// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * checksum.h - incremental internet checksums (RFC 1624, equation 3), inline.
 *
 * A delta is the 16-bit one's complement sum of (~old + new) over the words that
 * change; it is computed once per flow and applied to every packet of it. One's
 * complement sums do not care about byte order, so raw loads go in. The delta of
 * the opposite change is ~delta.
 */
#ifndef LBX_CHECKSUM_H
#define LBX_CHECKSUM_H

#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/family.h>

/* What decrementing the TTL (the high byte of its word) adds to a delta. */
#define LBX_CHECKSUM_TTL_MINUS_1 bpf_htons(0xfeff)
/* The same for IPv6's hop limit, the low byte of its word. */
#define LBX_CHECKSUM_HOPS_MINUS_1 bpf_htons(0xfffe)

static __always_inline __u16 checksum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)sum;
}

/* Unfolded sum of replacing one 32-bit word; add several, then checksum_fold(). */
static __always_inline __u64 checksum_replace32(__u32 old, __u32 new)
{
	return (__u64)(__u32)~old + new;
}

static __always_inline __u64 checksum_replace16(__u16 old, __u16 new)
{
	return (__u64)(__u16)~old + new;
}

static __always_inline __u64 checksum_replace_addr(const addr_t *old, const addr_t *new)
{
#if LBX_FAMILY == 6
	return checksum_replace32(old->w[0], new->w[0]) + checksum_replace32(old->w[1], new->w[1]) +
	       checksum_replace32(old->w[2], new->w[2]) + checksum_replace32(old->w[3], new->w[3]);
#else
	return checksum_replace32(*old, *new);
#endif
}

/* The checksum field after a change of `delta`. */
static __always_inline __u16 checksum_apply(__u16 field, __u16 delta)
{
	__u32 sum = (__u32)(__u16)~field + delta;

	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

#endif
