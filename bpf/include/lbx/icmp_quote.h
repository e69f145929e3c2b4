// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * icmp_quote.h - the packet that an ICMP error quotes: reading it, and undoing in the
 * quote what translation did to it.
 *
 * An error about a packet that we translated quotes what we sent, while its sender only
 * knows what it had sent itself. quote_rewrite() changes the quoted addresses, ports and
 * checksums back (RFC 5508, section 4.2), and the message's own checksum with them. All
 * is read and written by helper calls at any offset: this is a slow path.
 */
#ifndef LBX_ICMP_QUOTE_H
#define LBX_ICMP_QUOTE_H

#include <linux/in.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/checksum.h>
#include <lbx/family.h>
#include <lbx/flow.h>
#include <lbx/icmp_error.h>
#include <lbx/mem.h>
#include <lbx/parse.h>

/* The end points of a packet. */
struct lbx_ends {
	addr_t saddr;
	addr_t daddr;
	__be16 sport;
	__be16 dport;
};

struct lbx_quote {
	struct lbx_ends ends;
	__u8 proto; /* IPPROTO_TCP or IPPROTO_UDP */
	__u8 has_check;
	__u16 check; /* of TCP or UDP, if has_check */
	__u16 icmp_at;
	__u16 ip_at;
	__u16 l4_at;
};

/* What the message becomes. */
struct lbx_relay {
	struct lbx_ends quote;
	addr_t from; /* its source */
	addr_t to;
};

static __always_inline __u32 quote_check_at(const struct lbx_quote *quote)
{
	return quote->l4_at + (quote->proto == IPPROTO_TCP ? offsetof(struct tcphdr, check)
							   : offsetof(struct udphdr, check));
}

#if LBX_FAMILY == 4
static __always_inline _Bool icmp_is_error(__u8 type)
{
	return type == 3 || type == 11 || type == 12; /* unreachable, time, parameter */
}

/* Fills what the quoted IP header tells; false if it is not the start of TCP or UDP. */
static __always_inline _Bool quote_read_ip(const ip_t *ip, struct lbx_quote *quote)
{
	if (ip->version != 4 || ip->ihl < 5 || ip->frag_off & bpf_htons(0x1fff))
		return 0;
	quote->proto = ip->protocol;
	quote->l4_at = quote->ip_at + ip->ihl * 4;
	quote->ends.saddr = ip->saddr;
	quote->ends.daddr = ip->daddr;
	return 1;
}
#else
static __always_inline _Bool icmp_is_error(__u8 type)
{
	return type && type < 128;
}

static __always_inline _Bool quote_read_ip(const ip_t *ip, struct lbx_quote *quote)
{
	if (ip->version != 6)
		return 0;
	quote->proto = ip->nexthdr;
	quote->l4_at = quote->ip_at + sizeof(*ip);
	mem_copy_by(&quote->ends.saddr, &ip->saddr, 2 * sizeof(addr_t), 4);
	return 1;
}
#endif

/* Read the quote of an ICMP error (LBX_PACKET_ICMP); false for anything else. */
static __always_inline _Bool quote_read(ctx_t *ctx, const struct lbx_packet *packet,
					struct lbx_quote *quote)
{
	struct lbx_icmp_header icmp;
	__be16 ports[4];
	ip_t ip;

	quote->icmp_at = packet->l3_at + sizeof(ip_t);
	quote->ip_at = quote->icmp_at + sizeof(icmp);
	if (ctx_load(ctx, quote->icmp_at, &icmp, sizeof(icmp)) || !icmp_is_error(icmp.type) ||
	    ctx_load(ctx, quote->ip_at, &ip, sizeof(ip)) || !quote_read_ip(&ip, quote))
		return 0;
	if (quote->proto != IPPROTO_TCP && quote->proto != IPPROTO_UDP)
		return 0;
	if (ctx_load(ctx, quote->l4_at, ports, sizeof(ports)))
		return 0;
	quote->ends.sport = ports[0];
	quote->ends.dport = ports[1];
	/* Of TCP, a short quote ends before it. */
	quote->has_check = !ctx_load(ctx, quote_check_at(quote), &quote->check, sizeof(__u16)) &&
			   (quote->proto == IPPROTO_TCP || quote->check);
	return 1;
}

/* The key of the flow that the quoted packet went against. */
static __always_inline void quote_opposite_key(const struct lbx_quote *quote, __u8 direction,
					       struct lbx_flow_key *key)
{
	mem_zero(key);
	key->saddr = quote->ends.daddr;
	key->daddr = quote->ends.saddr;
	key->sport = quote->ends.dport;
	key->dport = quote->ends.sport;
	key->proto = quote->proto;
	key->direction = direction;
}

/*
 * Give the quoted packet the ends `to`. `outer` is what the checksum of the message
 * must follow besides (ICMPv6: the change of the packet's own addresses). False: a
 * helper failed, the packet may be half changed.
 */
static __always_inline _Bool quote_rewrite(ctx_t *ctx, const struct lbx_quote *quote,
					   const struct lbx_ends *to, __u64 outer)
{
	__u64 addrs = checksum_replace_addr(&quote->ends.saddr, &to->saddr) +
		      checksum_replace_addr(&quote->ends.daddr, &to->daddr);
	__u64 ports = checksum_replace16(quote->ends.sport, to->sport) +
		      checksum_replace16(quote->ends.dport, to->dport);
	__u64 sum = addrs + ports + outer;
	__be16 both[2] = {to->sport, to->dport};
	__u32 check_at = quote->icmp_at + offsetof(struct lbx_icmp_header, check);
	__u16 check;

#if LBX_FAMILY == 4
	__u32 ip_check_at = quote->ip_at + offsetof(struct iphdr, check);
	__u16 ip_check, old;

	if (ctx_load(ctx, ip_check_at, &old, sizeof(old)))
		return 0;
	ip_check = checksum_apply(old, checksum_fold(addrs));
	sum += checksum_replace16(old, ip_check);
	if (ctx_store(ctx, ip_check_at, &ip_check, sizeof(ip_check)))
		return 0;
#endif
	if (quote->has_check) {
		__u16 l4_check = checksum_apply(quote->check, checksum_fold(addrs + ports));

		if (quote->proto == IPPROTO_UDP && !l4_check)
			l4_check = 0xffff;
		sum += checksum_replace16(quote->check, l4_check);
		if (ctx_store(ctx, quote_check_at(quote), &l4_check, sizeof(l4_check)))
			return 0;
	}
	if (ctx_store(ctx, quote->ip_at + offsetof(ip_t, saddr), (void *)&to->saddr,
		      2 * sizeof(addr_t)) ||
	    ctx_store(ctx, quote->l4_at, both, sizeof(both)) ||
	    ctx_load(ctx, check_at, &check, sizeof(check)))
		return 0;
	check = checksum_apply(check, checksum_fold(sum));
	return !ctx_store(ctx, check_at, &check, sizeof(check));
}

#endif
