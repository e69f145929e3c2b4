// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * reply_tc.h - packets from backends on this node to the clients, as they
 * leave: their source becomes the service again.
 *
 * The reply half of the flow (lbx_flow, direction REPLY) was made by XDP with the
 * request. A packet without one is the backend's own traffic and goes unchanged.
 */
#ifndef LBX_REPLY_TC_H
#define LBX_REPLY_TC_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/clock.h>
#include <lbx/flow.h>
#include <lbx/parse.h>
#include <lbx/reasons.h>
#include <lbx/rewrite.h>
#include <lbx/traffic.h>
#include <lbx/verdict.h>

/* Tell the request half what the reply half has learnt. */
static __always_inline void leave_tell_request(const struct lbx_flow_key *reply,
					       const addr_t *vip_addr, __be16 vip_port, __u8 flags,
					       __u32 now)
{
	struct lbx_flow_key key = {
		.saddr = reply->daddr,
		.daddr = *vip_addr,
		.sport = reply->dport,
		.dport = vip_port,
		.proto = reply->proto,
		.direction = LBX_FLOW_REQUEST,
	};
	struct lbx_flow *flow = flow_find(&key);

	/* The backend may be remote by now. */
	if (!flow || !(flow->flags & LBX_FLOW_LOCAL) || !addr_equal(&flow->daddr, &reply->saddr) ||
	    flow->dport != reply->sport)
		return;
	/* The next request may confirm it. */
	flow_tell(flow, &key, flags, now - LBX_CLOCK_DUE);
}

/*
 * Does it answer a SYN that never was a request of this flow? One by the service would
 * have begun the flow anew. So the client reaches the backend itself, from the port that
 * it has had for a flow which is over.
 */
static __always_inline _Bool leave_answers_other(__u8 flags, __u8 tcp_flags)
{
	__u8 both = LBX_TCP_SYN | LBX_TCP_ACK;

	return (tcp_flags & both) == both && flow_is_closing(flags);
}

static __always_inline int reply_leave(ctx_t *ctx, struct lbx_packet *packet)
{
	struct lbx_rewrite to;
	struct lbx_flow_key key;
	struct lbx_flow *flow;
	__u32 now = clock_now(), age;
	_Bool expired;
	__u8 seen, flags;
	__u64 about;

	flow_key(packet, LBX_FLOW_REPLY, &key);
	flow = flow_find(&key);
	if (!flow)
		return CTX_PASS;

	rewrite_copy(&to, flow_rewrite(flow));
	about = event_about(flow->backend_id, flow->rev_nat_index, LBX_EVENT_REPLY) |
		EVENT_AT(LBX_HOOK_TC_EGRESS);
	seen = flow->flags;
	age = now - flow->last_seen;
	expired = flow_is_expired(flow, now);
	if (!flow_is(flow, &key))
		return verdict_of(ctx, LBX_DROP_CONTENDED);
	if (expired)
		return verdict_about(ctx, LBX_PASS_REPLY_EXPIRED, about);
	if (leave_answers_other(seen, packet->tcp_flags)) {
		/* What follows is not of this flow either. */
		flow_tell(flow, &key, 0, now - flow_timeout(key.proto, seen) - 1);
		return verdict_about(ctx, LBX_PASS_REPLY_EXPIRED, about);
	}

	flags = flow_flags_after(seen, LBX_FLOW_REPLY, packet->tcp_flags);
	if (flags != seen) {
		flow_tell(flow, &key, flags, now);
		leave_tell_request(&key, &to.saddr, to.sport, flags, now);
	} else if (age > LBX_CLOCK_PERIOD) {
		flow->last_seen = now;
	}

	if (!rewrite_headers(ctx, packet, &to, 0))
		return verdict_about(ctx, LBX_DROP_REWRITE, about);
	reasons_count(LBX_SENT_LOCAL_REPLY, ctx_length(ctx));
	traffic_count(traffic_of(flow), LBX_FLOW_REPLY, ctx_length(ctx));
	return CTX_PASS;
}

#endif
