// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * hash.h - the hashes of the datapath. All are computed inline: no helper call.
 *
 * Addresses and ports go in as loaded from the packet (network order, not
 * swapped), so the results depend on the host's byte order, as Cilium's do.
 */
#ifndef LBX_HASH_H
#define LBX_HASH_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/structs.h>

#define LBX_JHASH_INITVAL 0xdeadbeefu

static __always_inline __u32 hash_rol32(__u32 word, __u32 shift)
{
	return (word << shift) | (word >> (32 - shift));
}

static __always_inline __u32 hash_jhash_final(__u32 a, __u32 b, __u32 c)
{
	c ^= b;
	c -= hash_rol32(b, 14);
	a ^= c;
	a -= hash_rol32(c, 11);
	b ^= a;
	b -= hash_rol32(a, 25);
	c ^= b;
	c -= hash_rol32(b, 16);
	a ^= c;
	a -= hash_rol32(c, 4);
	b ^= a;
	b -= hash_rol32(a, 14);
	c ^= b;
	c -= hash_rol32(b, 24);
	return c;
}

/* Bob Jenkins' lookup3 over three words, seeded as Linux' jhash_3words() is. */
static __always_inline __u32 hash_jhash3(__u32 a, __u32 b, __u32 c, __u32 seed)
{
	__u32 init = seed + LBX_JHASH_INITVAL + (3u << 2);

	return hash_jhash_final(a + init, b + init, c + init);
}

/*
 * The packet hash of Maglev tables as Cilium has it: `ports` is the service's port
 * << 16 | the client's (0: any). The service's address does not count. Of IPv6 it is
 * two rounds of Jenkins' mixing and the final one, from no initial value.
 */
static __always_inline __u32 hash_maglev4(__be32 client, __u32 ports, __u32 proto, __u32 seed)
{
	return hash_jhash3(client, ports, proto, seed);
}

#define LBX_JHASH_MIX(a, b, c)                          \
	{                                               \
		a -= c, a ^= hash_rol32(c, 4), c += b;  \
		b -= a, b ^= hash_rol32(a, 6), a += c;  \
		c -= b, c ^= hash_rol32(b, 8), b += a;  \
		a -= c, a ^= hash_rol32(c, 16), c += b; \
		b -= a, b ^= hash_rol32(a, 19), a += c; \
		c -= b, c ^= hash_rol32(b, 4), b += a;  \
	}

static __always_inline __u32 hash_maglev6(const union v6addr *client, __u32 ports, __u32 proto,
					  __u32 seed)
{
	__u32 a = client->w[0], b = client->w[1], c = client->w[2];

	LBX_JHASH_MIX(a, b, c);
	a += client->w[3];
	b += ports;
	c += proto;
	LBX_JHASH_MIX(a, b, c);
	return hash_jhash_final(a + seed, b, c);
}

/*
 * Hash of an IPv4 address, a port and a small number (protocol, kind): the high
 * half of a sum of products with fixed random numbers, modulo 2^64 (Lemire and
 * Kaser, "Strongly universal string hashing is fast", 2014: multilinear). Few
 * instructions, and every bit of it is good. gateHash4() in
 * packages/maps/src/flow/gate.ts computes the same.
 */
static __always_inline __u32 hash_endpoint4(__be32 address, __be16 port, __u32 kind)
{
	__u32 rest = (__u32)port << 16 | kind;

	return (0x6c62272e07bb0142ULL + 0x9e3779b97f4a7c15ULL * address +
		0xc2b2ae3d27d4eb4fULL * rest) >>
	       32;
}

/* The same of an IPv6 address: gateHash6() there. */
static __always_inline __u32 hash_endpoint6(const union v6addr *address, __be16 port, __u32 kind)
{
	__u32 rest = (__u32)port << 16 | kind;

	return (0x452821e638d01377ULL + 0x9e3779b97f4a7c15ULL * address->w[0] +
		0xbf58476d1ce4e5b9ULL * address->w[1] + 0x94d049bb133111ebULL * address->w[2] +
		0xd6e8feb86659fd93ULL * address->w[3] + 0xc2b2ae3d27d4eb4fULL * rest) >>
	       32;
}

/* `hash` scaled to 0..range-1 without a division. */
static __always_inline __u32 hash_scale(__u32 hash, __u32 range)
{
	return (__u32)(((__u64)hash * range) >> 32);
}

#endif
