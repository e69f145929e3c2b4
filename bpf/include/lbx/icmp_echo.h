// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * icmp_echo.h - answers to pings of service addresses, if lbx_echo_on.
 *
 * A service address is one with a wildcard entry: external IPs and load balancer
 * addresses. (Those of nodes are answered by their nodes.) An answer says that this
 * node balances the address, not that a backend is well.
 */
#ifndef LBX_ICMP_ECHO_H
#define LBX_ICMP_ECHO_H

#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/checksum.h>
#include <lbx/gate_frontend.h>
#include <lbx/icmp_error.h>
#include <lbx/parse.h>
#include <lbx/reasons.h>
#include <lbx/select.h>
#include <lbx/verdict.h>

/* 1: echo requests to service addresses are answered. */
const volatile __u8 lbx_echo_on = 0;

#if LBX_FAMILY == 4
#define LBX_ECHO_REQUEST 8
#define LBX_ECHO_REPLY   0
#else
#define LBX_ECHO_REQUEST 128
#define LBX_ECHO_REPLY   129
#endif

/* An ICMP packet that came in. False: not answered, and as it was. */
static __always_inline _Bool echo_answer(ctx_t *ctx, struct lbx_packet *packet, int *verdict)
{
	__u32 icmp_at = packet->l3_at + sizeof(ip_t);
	addr_t from, to;
	__be16 type[2]; /* type and code; checksum */
	__be16 old;
	__u8 ttl;

	if (!lbx_echo_on || (lbx_gate_on && !gate_may_be_address(packet)) ||
	    ctx_load(ctx, icmp_at, type, sizeof(type)) ||
	    type[0] != bpf_htons(LBX_ECHO_REQUEST << 8))
		return 0;
	from = *packet_daddr(packet);
	to = *packet_saddr(packet);
	if (!select_lookup(&from, 0, 0, 0) || !icmp_may_answer(&to))
		return 0;

	old = type[0];
	type[0] = bpf_htons(LBX_ECHO_REPLY << 8);
	type[1] = checksum_apply(type[1], checksum_fold(checksum_replace16(old, type[0])));
	*packet_saddr(packet) = from;
	*packet_daddr(packet) = to;
	ttl = *packet_ttl(packet);
#if LBX_FAMILY == 4
	packet->ip->check = checksum_apply(
		packet->ip->check,
		checksum_fold(checksum_replace16(bpf_htons(ttl << 8), bpf_htons(64 << 8))));
	packet->ip->ttl = 64;
#else
	/* No checksum makes up for it: the store keeps the sum of a socket buffer right. */
	ttl = 64;
	ctx_store(ctx, packet->l3_at + offsetof(struct ipv6hdr, hop_limit), &ttl, sizeof(ttl));
#endif
	if (ctx_store(ctx, icmp_at, type, sizeof(type)) || !icmp_turn_link(ctx)) {
		*verdict = verdict_of(ctx, LBX_DROP_REWRITE);
		return 1;
	}
	reasons_count(LBX_SENT_ECHO_REPLY, ctx_length(ctx));
	*verdict = ctx_send_back(ctx);
	return 1;
}

#endif
