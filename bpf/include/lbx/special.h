// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * special.h - packets that the fast path does not look into: ICMP, fragments, IPv4
 * options, IPv6 extension headers.
 *
 * special_packet() is all of LBX_CALL_SPECIAL: one case for each class, whose code
 * lies in a header of its own.
 *
 * What is not served is passed, and counted if the address is a service's (as
 * wildcard entries tell).
 */
#ifndef LBX_SPECIAL_H
#define LBX_SPECIAL_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/dsr_in.h>
#include <lbx/gate_frontend.h>
#include <lbx/icmp_echo.h>
#include <lbx/icmp_relay.h>
#include <lbx/parse.h>
#include <lbx/reasons.h>
#include <lbx/verdict.h>

static __always_inline int special_pass(ctx_t *ctx, const struct lbx_packet *packet,
					enum lbx_reason reason)
{
	if (gate_may_be_address(packet))
		return verdict_of(ctx, reason);
	return CTX_PASS;
}

/* Errors about translated packets, then pings, then the host's own. */
static __always_inline int special_icmp(ctx_t *ctx, struct lbx_packet *packet)
{
	int verdict;

	if (relay_in(ctx, packet, &verdict) || echo_answer(ctx, packet, &verdict))
		return verdict;
	return special_pass(ctx, packet, LBX_PASS_ICMP);
}

static __always_inline int special_packet(ctx_t *ctx)
{
	struct lbx_packet packet;
	int verdict;

	switch (parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet)) {
	case LBX_PACKET_OPTIONS:
		dsr_learn(ctx, &packet);
		return special_pass(ctx, &packet, LBX_PASS_OPTIONS);
	case LBX_PACKET_FRAGMENT:
		return special_pass(ctx, &packet, LBX_PASS_FRAGMENT);
	case LBX_PACKET_ICMP:
		return special_icmp(ctx, &packet);
	case LBX_PACKET_TUNNEL:
		return dsr_unwrap(ctx, &packet, &verdict) ? verdict : CTX_PASS;
	case LBX_PACKET_FLOW:
	case LBX_PACKET_OTHER:
		break;
	}
	return CTX_PASS;
}

#endif
