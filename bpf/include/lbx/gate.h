// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * gate.h - "could this packet be ours?": one bitmap, asked before anything else.
 *
 * lbx_gate holds lbx_gate_mask + 1 bits (a power of two) in 64-bit words. User
 * space sets bit (hash_endpoint4(address, port, kind) & lbx_gate_mask), or hash_endpoint6, for
 *   frontends        (address, port, proto)                      asked by XDP
 *   wildcard entries (address, 0, 0)                             asked by XDP
 *   local backends   (address, port, proto | LBX_GATE_BACKEND)   asked by tc egress,
 *                                        for the source of a packet that leaves
 * A set bit may be someone else's: it costs that packet the slow path, never more.
 * A bit must be set before the entry it stands for is written, and cleared after
 * the entry is gone.
 */
#ifndef LBX_GATE_H
#define LBX_GATE_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/hash.h>

#define LBX_GATE_BACKEND 0x100u
#define LBX_GATE_WORDS   16384 /* 1 Mi bits: about 1 % false positives at 10,000 services */

/* 0: no gate; every packet is looked up (for maps that others than core write). */
const volatile __u8 lbx_gate_on = 1;
/* Number of bits - 1. User space keeps it equal to 64 * max_entries of lbx_gate - 1. */
const volatile __u32 lbx_gate_mask = LBX_GATE_WORDS * 64 - 1;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LBX_GATE_WORDS);
	__type(key, __u32);
	__type(value, __u64);
} lbx_gate SEC(".maps");

static __always_inline _Bool gate_has_hash(__u32 hash)
{
	__u32 bit = hash & lbx_gate_mask;
	__u32 word = bit >> 6;
	__u64 *bits = bpf_map_lookup_elem(&lbx_gate, &word);

	return bits && (*bits >> (bit & 63)) & 1;
}

static __always_inline _Bool gate_has4(__be32 address, __be16 port, __u32 kind)
{
	return gate_has_hash(hash_endpoint4(address, port, kind));
}

static __always_inline _Bool gate_has6(const union v6addr *address, __be16 port, __u32 kind)
{
	return gate_has_hash(hash_endpoint6(address, port, kind));
}

#ifdef LBX_FAMILY
#include <lbx/family.h>

static __always_inline _Bool gate_has(const addr_t *address, __be16 port, __u32 kind)
{
	return gate_has_hash(hash_endpoint(address, port, kind));
}
#endif

#endif
