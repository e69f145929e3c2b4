// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * special.h - packets that come in and that the fast path does not look into: ICMP,
 * fragments, IPv4 options, IPv6 extension headers, tunnels. (leave_special.h: the same for
 * packets that leave.)
 *
 * special_icmp() is all of LBX_CALL_ICMP, special_packet() all of LBX_CALL_SPECIAL: one
 * case for each class, whose code lies in a header of its own. Flows go on in the slow paths, which
 * read packets as deeply (parse_deep.h).
 *
 * What is not served is passed, and counted if the address is a service's (as
 * wildcard entries tell).
 */
#ifndef LBX_SPECIAL_H
#define LBX_SPECIAL_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/dsr_in.h>
#include <lbx/fragment_follow.h>
#include <lbx/gate_frontend.h>
#include <lbx/icmp_echo.h>
#include <lbx/icmp_relay.h>
#include <lbx/parse_deep.h>
#include <lbx/reasons.h>
#include <lbx/scratch.h>
#include <lbx/verdict.h>

static __always_inline int special_pass(ctx_t *ctx, const struct lbx_packet *packet,
					enum lbx_reason reason)
{
	if (gate_may_be_address(packet))
		return verdict_of(ctx, reason);
	return CTX_PASS;
}

/* TCP or UDP behind options or extension headers, or the first fragment of it. */
static __always_inline int special_flow(const struct lbx_packet *packet,
					const struct lbx_piece *piece)
{
	addr_t snat = snat_addr();
	struct lbx_rev_bucket *bucket;
	_Bool ours = addr_equal(packet_daddr(packet), &snat), reply;
	__u32 version;

	reply = ours && reply_find(packet, &bucket, &version);
	if (!reply && !gate_may_be_frontend(packet, !ours))
		return CTX_PASS;
	if (piece->fragmented)
		fragments_remember(packet, piece);
	return reply ? LBX_VERDICT_CALL(LBX_CALL_REPLY) : LBX_VERDICT_CALL(LBX_CALL_REQUEST);
}

static __always_inline int special_deep(ctx_t *ctx, enum lbx_reason passed)
{
	struct lbx_scratch *scratch = scratch_get();
	struct lbx_packet packet;

	if (!scratch)
		return CTX_PASS;
	switch (parse_deep(ctx, &packet, &scratch->piece)) {
	case LBX_PACKET_FLOW:
		return special_flow(&packet, &scratch->piece);
	case LBX_PACKET_FRAGMENT:
		return follow_in(ctx, &packet, &scratch->piece, &scratch->key);
	case LBX_PACKET_OTHER:
		return CTX_PASS;
	default:
		return special_pass(ctx, &packet, passed);
	}
}

static __always_inline int special_packet(ctx_t *ctx)
{
	struct lbx_packet packet;
	enum lbx_packet_class class = parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet);
	int verdict;

	if (class == LBX_PACKET_OTHER || !packet_arrive(ctx, &packet))
		return CTX_PASS;
	switch (class) {
	case LBX_PACKET_OPTIONS:
		if (dsr_learn(ctx, &packet, &verdict))
			return verdict;
		return special_deep(ctx, LBX_PASS_OPTIONS);
	case LBX_PACKET_FRAGMENT:
		return special_deep(ctx, LBX_PASS_FRAGMENT);
	case LBX_PACKET_TUNNEL:
		return dsr_unwrap(ctx, &packet, &verdict) ? verdict : CTX_PASS;
	case LBX_PACKET_ICMP:
	case LBX_PACKET_FLOW:
	case LBX_PACKET_OTHER:
		break;
	}
	return CTX_PASS;
}

/* All of LBX_CALL_ICMP: errors about translated packets, then pings, then the host's own. */
static __always_inline int special_icmp(ctx_t *ctx)
{
	struct lbx_packet packet;
	int verdict;

	if (parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet) != LBX_PACKET_ICMP ||
	    !packet_arrive(ctx, &packet))
		return CTX_PASS;
	if (relay_in(ctx, &packet, &verdict) || echo_answer(ctx, &packet, &verdict))
		return verdict;
	return special_pass(ctx, &packet, LBX_PASS_ICMP);
}

#endif
