// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * dsr_wire.h - how a request that is sent on by DSR (direct server return) says which
 * service address it was for. The formats are Cilium's.
 *
 * IPv4: an option of 8 bytes right behind the header's fixed part:
 *     9a 08 | port (2) | address (4)        both LITTLE-endian
 * IPv6: a destination options header of 24 bytes right behind the IPv6 header:
 *     next header | 02 | 1b 14 | address (16) | port (2) | 0000     network order
 * Tunnel: the packet as it came, inside IPv4 (protocol 4) or IPv6 (41), to the backend.
 */
#ifndef LBX_DSR_WIRE_H
#define LBX_DSR_WIRE_H

#include <linux/in.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/checksum.h>
#include <lbx/family.h>
#include <lbx/mem.h>

/* A service's end of a flow; network order. */
struct lbx_service_end {
	addr_t address;
	__be16 port;
};

#if LBX_FAMILY == 4

#define LBX_DSR_OPTION_BYTES 8

#define LBX_DSR_OPTION 0x9a

/* As it lies in the packet. */
struct lbx_dsr_option {
	__u8 type;
	__u8 length;
	__u16 port;    /* little-endian */
	__u32 address; /* little-endian */
} __attribute__((packed, aligned(2)));

#define DSR_LE16(be) __builtin_bswap16(be) /* between network order and little-endian */
#define DSR_LE32(be) __builtin_bswap32(be)

/*
 * Fill the room behind the fixed header of `ip` with the option. False: the header has
 * too many options already. Adds to `sum` what all of that changes in the sum of the
 * packet (of IPv4 nothing: the header's checksum makes up for it).
 */
static __always_inline _Bool dsr_write_option(ip_t *ip, const addr_t *address, __be16 port,
					      __u64 *changed __attribute__((unused)))
{
	struct lbx_dsr_option *option = (void *)(ip + 1);
	__u64 sum = 0;
	__u16 old_first, old_length;

	if (ip->ihl > 15 - LBX_DSR_OPTION_BYTES / 4)
		return 0;
	old_first = *(mem_u16 *)ip;
	old_length = ip->tot_len;
	option->type = LBX_DSR_OPTION;
	option->length = LBX_DSR_OPTION_BYTES;
	option->port = DSR_LE16(port);
	option->address = DSR_LE32(*address);
	ip->ihl += LBX_DSR_OPTION_BYTES / 4;
	ip->tot_len = bpf_htons(bpf_ntohs(old_length) + LBX_DSR_OPTION_BYTES);
	sum = checksum_replace16(old_first, *(mem_u16 *)ip) +
	      checksum_replace16(old_length, ip->tot_len) + ((mem_u16 *)option)[0] + option->port +
	      option->address;
	ip->check = checksum_apply(ip->check, checksum_fold(sum));
	return 1;
}

/* Read the option at `option`, of a header that is long enough for it. */
static __always_inline _Bool dsr_read_option(const struct lbx_dsr_option *option,
					     struct lbx_service_end *service)
{
	if (option->type != LBX_DSR_OPTION || option->length != LBX_DSR_OPTION_BYTES)
		return 0;
	service->port = DSR_LE16(option->port);
	service->address = DSR_LE32(option->address);
	return 1;
}

/* The header without the option that was behind it. */
static __always_inline void dsr_unwrite_option(ip_t *ip, const struct lbx_dsr_option *option)
{
	__u16 old_first = *(mem_u16 *)ip, old_length = ip->tot_len;
	const mem_u16 *words = (const mem_u16 *)option;
	__u64 sum = 0;

	ip->ihl -= LBX_DSR_OPTION_BYTES / 4;
	ip->tot_len = bpf_htons(bpf_ntohs(old_length) - LBX_DSR_OPTION_BYTES);
#pragma unroll
	for (int word = 0; word < LBX_DSR_OPTION_BYTES / 2; word++)
		sum += checksum_replace16(words[word], 0);
	sum += checksum_replace16(old_first, *(mem_u16 *)ip) +
	       checksum_replace16(old_length, ip->tot_len);
	ip->check = checksum_apply(ip->check, checksum_fold(sum));
}

/* Fill the room in front of `inner` with an outer header. `changed`: as above. */
static __always_inline void dsr_write_tunnel(ip_t *outer, const ip_t *inner, const addr_t *from,
					     const addr_t *to,
					     __u64 *changed __attribute__((unused)))
{
	__u64 sum = 0;

	mem_zero_by(outer, sizeof(*outer), 4);
	outer->version = 4;
	outer->ihl = 5;
	outer->tos = inner->tos;
	outer->tot_len = bpf_htons(bpf_ntohs(inner->tot_len) + sizeof(*outer));
	outer->frag_off = inner->frag_off & bpf_htons(0x4000);
	outer->ttl = 64;
	outer->protocol = IPPROTO_IPIP;
	outer->saddr = *from;
	outer->daddr = *to;
#pragma unroll
	for (int word = 0; word < 5; word++)
		sum += ((mem_u32 *)outer)[word];
	outer->check = ~checksum_fold(sum);
}

#else

#define LBX_DSR_OPTION_BYTES 24

struct lbx_dsr_option {
	__u8 next_header;
	__u8 length; /* in units of 8 bytes, less one */
	__u8 type;
	__u8 option_length;
	addr_t address;
	__be16 port;
	__u16 pad;
} __attribute__((packed, aligned(2)));

static __always_inline _Bool dsr_write_option(ip_t *ip, const addr_t *address, __be16 port,
					      __u64 *changed)
{
	struct lbx_dsr_option *option = (void *)(ip + 1);
	__u32 old = ((mem_u32 *)ip)[1]; /* length, next header, hop limit */

	option->next_header = ip->nexthdr;
	option->length = LBX_DSR_OPTION_BYTES / 8 - 1;
	option->type = 0x1b;
	option->option_length = 0x14;
	mem_copy_by(&option->address, address, sizeof(addr_t), 2);
	option->port = port;
	option->pad = 0;
	ip->nexthdr = IPPROTO_DSTOPTS;
	ip->payload_len = bpf_htons(bpf_ntohs(ip->payload_len) + LBX_DSR_OPTION_BYTES);
	*changed += checksum_replace32(old, ((mem_u32 *)ip)[1]);
#pragma unroll
	for (int word = 0; word < LBX_DSR_OPTION_BYTES / 4; word++)
		*changed += ((mem_u32 *)option)[word];
	return 1;
}

static __always_inline _Bool dsr_read_option(const struct lbx_dsr_option *option,
					     struct lbx_service_end *service)
{
	if (option->length != LBX_DSR_OPTION_BYTES / 8 - 1 || option->type != 0x1b ||
	    option->option_length != 0x14)
		return 0;
	mem_copy_by(&service->address, &option->address, sizeof(addr_t), 2);
	service->port = option->port;
	return 1;
}

static __always_inline void dsr_unwrite_option(ip_t *ip, const struct lbx_dsr_option *option)
{
	ip->nexthdr = option->next_header;
	ip->payload_len = bpf_htons(bpf_ntohs(ip->payload_len) - LBX_DSR_OPTION_BYTES);
}

static __always_inline void dsr_write_tunnel(ip_t *outer, const ip_t *inner, const addr_t *from,
					     const addr_t *to, __u64 *changed)
{
	*(mem_u32 *)outer = *(const mem_u32 *)inner; /* version, traffic class, flow label */
	outer->payload_len = bpf_htons(bpf_ntohs(inner->payload_len) + sizeof(*outer));
	outer->nexthdr = IPPROTO_IPV6;
	outer->hop_limit = 64;
	mem_copy_by(&outer->saddr, from, sizeof(*from), 4);
	mem_copy_by(&outer->daddr, to, sizeof(*to), 4);
#pragma unroll
	for (unsigned int word = 0; word < sizeof(*outer) / 4; word++)
		*changed += ((mem_u32 *)outer)[word];
}

#endif

_Static_assert(sizeof(struct lbx_dsr_option) == LBX_DSR_OPTION_BYTES, "DSR option");

#endif
