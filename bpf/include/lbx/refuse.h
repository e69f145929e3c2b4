// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * refuse.h - packets to services that nobody will serve, and what their sender hears.
 *
 * No endpoint anywhere: rejected, ICMP port unreachable for TCP and UDP alike. No
 * endpoint here, but some on other nodes (a Local traffic policy): dropped silently,
 * as whoever balances between nodes may be about to look elsewhere. Hop limit used up:
 * time exceeded, from the node. All else: dropped.
 */
#ifndef LBX_REFUSE_H
#define LBX_REFUSE_H

#include <linux/types.h>
#include <lbx/family.h>
#include <lbx/frontend_meta.h>
#include <lbx/icmp_error.h>
#include <lbx/reasons.h>
#include <lbx/reverse.h>
#include <lbx/verdict.h>

/* The verdict on a packet to `service` that was found unservable for `reason`. */
static __always_inline int refuse_service(ctx_t *ctx, const struct lb_service *service,
					  enum lbx_reason reason)
{
	__u64 about = event_about(0, service->rev_nat_index, LBX_EVENT_REQUEST);

	if (reason != LBX_DROP_NO_BACKEND)
		return verdict_about(ctx, reason, about);
	if (frontend_has_endpoints_elsewhere(service->rev_nat_index))
		return verdict_about(ctx, LBX_DROP_NO_LOCAL_BACKEND, about);
	if (!lbx_reject_on)
		return verdict_about(ctx, reason, about);
	return icmp_refuse(ctx, reason, LBX_ICMP_PORT_UNREACHABLE, 0, NULL, about);
}

/* `about` the flow: event_about(). */
static __always_inline int refuse_ttl(ctx_t *ctx, __u64 about)
{
	addr_t node = snat_addr();

	return icmp_refuse(ctx, LBX_DROP_TTL, LBX_ICMP_TTL_EXCEEDED, 0, &node, about);
}

#endif
