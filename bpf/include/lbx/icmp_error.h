// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * icmp_error.h - tell the sender of a packet why it did not arrive.
 *
 * A path that will not serve a packet returns icmp_refuse(): it counts the reason,
 * leaves an order for this CPU and asks for LBX_CALL_REJECT, whose program turns the
 * packet into the ICMP (or ICMPv6) error and sends it back the way it came. Nothing is
 * answered to ICMP errors, later fragments, groups or nobody, and no more than
 * lbx_icmp_per_second times a second and CPU: then the packet is dropped.
 *
 * The error quotes up to LBX_ICMP_QUOTE bytes of the packet, enough for every stack to
 * find its socket (RFC 792 wants 8 bytes behind the IP header, RFC 1812 and 4443 as
 * much as possible; one checksum helper takes 512). Its source is the address that
 * the packet was for, as if the service's host had answered; time exceeded comes from
 * the node.
 */
#ifndef LBX_ICMP_ERROR_H
#define LBX_ICMP_ERROR_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/checksum.h>
#include <lbx/clock.h>
#include <lbx/family.h>
#include <lbx/mem.h>
#include <lbx/parse.h>
#include <lbx/reasons.h>
#include <lbx/verdict.h>

/* 0: packets to services without any endpoint are dropped silently. */
const volatile __u8 lbx_reject_on = 1;
/* ICMP errors that a CPU sends in a second; 0: none. */
const volatile __u32 lbx_icmp_per_second = 1000;

#define LBX_ICMP_QUOTE 504

enum lbx_icmp_error {
	LBX_ICMP_PORT_UNREACHABLE,
	LBX_ICMP_TOO_BIG, /* info: the MTU, host order */
	LBX_ICMP_TTL_EXCEEDED,
};

struct lbx_icmp_header {
	__u8 type;
	__u8 code;
	__u16 check;
	__be32 info;
};

/* The message as it is sent, behind the link header, and what it is made of. */
struct lbx_icmp {
	ip_t ip;
	struct lbx_icmp_header icmp;
	__u8 quote[LBX_ICMP_QUOTE];
	__u32 second; /* jiffies at which the present second began */
	__u32 sent;   /* errors in it */
	__u32 info;
	__u8 error; /* enum lbx_icmp_error */
	__u8 pad[3];
	addr_t from; /* zero: the address that the packet was for */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lbx_icmp);
} lbx_icmp SEC(".maps");

static __always_inline struct lbx_icmp *icmp_scratch(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&lbx_icmp, &key);
}

/* May this CPU send another one? */
static __always_inline _Bool icmp_allows(struct lbx_icmp *icmp)
{
	__u32 now = clock_now();

	if (now - icmp->second >= lbx_hz) {
		icmp->second = now;
		icmp->sent = 0;
	}
	return icmp->sent++ < lbx_icmp_per_second;
}

/*
 * Count `reason` and answer with an error from `from` (NULL: whom the packet was for).
 * Events tell it, `about` the flow (event_about()).
 */
static __always_inline int icmp_refuse(ctx_t *ctx, enum lbx_reason reason,
				       enum lbx_icmp_error error, __u32 info, const addr_t *from,
				       __u64 about)
{
	struct lbx_icmp *icmp = icmp_scratch();
	_Bool answers = icmp && icmp_allows(icmp);
	int verdict = verdict_about(ctx, reason, answers ? about | EVENT_REJECTED : about);

	if (!icmp)
		return verdict;
	if (!answers) {
		verdict_note(ctx, LBX_NOTE_ICMP_LIMITED, about);
		return verdict;
	}
	icmp->error = error;
	icmp->info = info;
	if (from)
		icmp->from = *from;
	else
		mem_zero(&icmp->from);
	return LBX_VERDICT_CALL(LBX_CALL_REJECT);
}

#if LBX_FAMILY == 4

#define LBX_IPPROTO_ICMP IPPROTO_ICMP

/* Can `address` be answered: not 0.0.0.0/8, loopback, a group or broadcast? */
static __always_inline _Bool icmp_may_answer(const addr_t *address)
{
	__u8 first = *(const __u8 *)address;

	return first && first != 127 && first < 224;
}

static __always_inline void icmp_set_type(struct lbx_icmp *icmp)
{
	icmp->icmp.info = 0;
	icmp->icmp.code = 0;
	switch (icmp->error) {
	case LBX_ICMP_TOO_BIG:
		icmp->icmp.type = 3;
		icmp->icmp.code = 4;
		icmp->icmp.info = bpf_htonl(icmp->info & 0xffff);
		break;
	case LBX_ICMP_TTL_EXCEEDED:
		icmp->icmp.type = 11;
		break;
	default:
		icmp->icmp.type = 3;
		icmp->icmp.code = 3;
	}
}

static __always_inline void icmp_write_ip(ip_t *ip, const addr_t *from, const addr_t *to,
					  __u32 length)
{
	__u64 sum = 0;

	mem_zero_by(ip, sizeof(*ip), 4);
	ip->version = 4;
	ip->ihl = 5;
	ip->tos = 0xc0; /* internetwork control (RFC 1812, 4.3.2.5) */
	ip->tot_len = bpf_htons(sizeof(*ip) + length);
	ip->frag_off = bpf_htons(0x4000);
	ip->ttl = 64;
	ip->protocol = IPPROTO_ICMP;
	ip->saddr = *from;
	ip->daddr = *to;
#pragma unroll
	for (int word = 0; word < 5; word++)
		sum += ((__u32 *)ip)[word];
	ip->check = ~checksum_fold(sum);
}

/* What the message's checksum starts from. */
static __always_inline __u64 icmp_pseudo_sum(const ip_t *ip __attribute__((unused)))
{
	return 0;
}

#else

#define LBX_IPPROTO_ICMP IPPROTO_ICMPV6

static __always_inline _Bool icmp_may_answer(const addr_t *address)
{
	__u64 low = bpf_be64_to_cpu(address->d[1]);

	return address->addr[0] != 0xff && (address->d[0] || low > 1);
}

static __always_inline void icmp_set_type(struct lbx_icmp *icmp)
{
	icmp->icmp.info = 0;
	icmp->icmp.code = 0;
	switch (icmp->error) {
	case LBX_ICMP_TOO_BIG:
		icmp->icmp.type = 2;
		icmp->icmp.info = bpf_htonl(icmp->info);
		break;
	case LBX_ICMP_TTL_EXCEEDED:
		icmp->icmp.type = 3;
		break;
	default:
		icmp->icmp.type = 1;
		icmp->icmp.code = 4;
	}
}

static __always_inline void icmp_write_ip(ip_t *ip, const addr_t *from, const addr_t *to,
					  __u32 length)
{
	mem_zero_by(ip, sizeof(*ip), 4);
	ip->version = 6;
	ip->payload_len = bpf_htons(length);
	ip->nexthdr = IPPROTO_ICMPV6;
	ip->hop_limit = 64;
	mem_copy_by(&ip->saddr, from, sizeof(*from), 4);
	mem_copy_by(&ip->daddr, to, sizeof(*to), 4);
}

static __always_inline __u64 icmp_pseudo_sum(const ip_t *ip)
{
	const __u32 *words = (const __u32 *)&ip->saddr;
	__u64 sum = (__u64)ip->payload_len + bpf_htons(IPPROTO_ICMPV6);

#pragma unroll
	for (int word = 0; word < 8; word++)
		sum += words[word];
	return sum;
}

#endif

/* Turn the frame around on the link: the sender is the next hop. */
static __always_inline _Bool icmp_turn_link(ctx_t *ctx)
{
	struct lbx_cursor cursor = {.at = ctx_data(ctx), .end = ctx_data_end(ctx)};
	struct ethhdr *eth = parse_eth(&cursor);
	__u8 mac[ETH_ALEN];

	if (!eth)
		return 0;
	mem_copy_by(mac, eth->h_dest, ETH_ALEN, 1);
	mem_copy_by(eth->h_dest, eth->h_source, ETH_ALEN, 1);
	mem_copy_by(eth->h_source, mac, ETH_ALEN, 1);
	return 1;
}

/* All of LBX_CALL_REJECT: the packet becomes the error that was ordered. */
static __always_inline int icmp_reject(ctx_t *ctx)
{
	struct lbx_icmp *icmp = icmp_scratch();
	struct lbx_packet packet;
	addr_t from, to;
	__u64 sum, length = ctx_length(ctx);
	__u32 quoted, l3_at;

	if (!icmp || parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet) == LBX_PACKET_OTHER)
		return CTX_DROP;
	to = *packet_saddr(&packet);
	from = addr_is_zero(&icmp->from) ? *packet_daddr(&packet) : icmp->from;
	if (!icmp_may_answer(&to) || !icmp_may_answer(&from))
		return CTX_DROP;
	l3_at = packet.l3_at;

	/* Of what is there, without padding of the link. */
	barrier_var(length);
	quoted = packet_ip_length(&packet);
	if (quoted > length - l3_at)
		quoted = length - l3_at;
	if (quoted > LBX_ICMP_QUOTE)
		quoted = LBX_ICMP_QUOTE;
	if (quoted < sizeof(ip_t))
		return CTX_DROP;

	/* The sum is taken over whole words: the last may be partly of the packet. */
	__u32 words = (quoted + 3) / 4;

	barrier_var(words);
	if (words < 1 || words > LBX_ICMP_QUOTE / 4)
		return CTX_DROP;
	((__u32 *)icmp->quote)[words - 1] = 0;
	if (ctx_load(ctx, l3_at, icmp->quote, quoted))
		return CTX_DROP;

	icmp_write_ip(&icmp->ip, &from, &to, sizeof(icmp->icmp) + quoted);
	icmp_set_type(icmp);
	icmp->icmp.check = 0;
	sum = (__u32)bpf_csum_diff(NULL, 0, (__be32 *)&icmp->icmp, sizeof(icmp->icmp) + words * 4,
				   0);
	icmp->icmp.check = ~checksum_fold(sum + icmp_pseudo_sum(&icmp->ip));

	quoted += sizeof(icmp->ip) + sizeof(icmp->icmp);
	if (ctx_set_length(ctx, l3_at, l3_at + quoted) ||
	    ctx_store(ctx, l3_at, &icmp->ip, quoted) || !icmp_turn_link(ctx))
		return CTX_DROP;
	reasons_count(LBX_SENT_ICMP_ERROR, ctx_length(ctx));
	return ctx_send_back(ctx);
}

#endif
